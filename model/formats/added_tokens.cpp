#include "model/formats/added_tokens.h"

#include "model/formats/utf8.h"

#include <QChar>

#include <algorithm>

namespace attendre {

namespace {

bool isWhiteSpace(char32_t code) {
    return (code >= 0x9 && code <= 0xD) || code == 0x20 || code == 0x85 || code == 0xA0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

// A word character of Unicode's TR 18: alphabetic, marks, decimal digits, connectors, joiners.
bool isWordCharacter(char32_t code) {
    if (code == 0x200C || code == 0x200D || (code >= 0x24B6 && code <= 0x24E9) ||
        (code >= 0x1F130 && code <= 0x1F149) || (code >= 0x1F150 && code <= 0x1F169) ||
        (code >= 0x1F170 && code <= 0x1F189))
        return true;
    switch (QChar::category(code)) {
    case QChar::Number_DecimalDigit:
    case QChar::Number_Letter:
    case QChar::Punctuation_Connector:
        return true;
    default:
        return QChar::isLetter(code) || QChar::isMark(code);
    }
}

bool continuesCharacter(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// Where the character that ends before `end` begins; end > 0.
std::size_t previousCharacter(std::string_view text, std::size_t end) {
    std::size_t at = end - 1;
    while (at > 0 && continuesCharacter(text[at]))
        --at;
    return at;
}

} // namespace

AddedTokenFinder::AddedTokenFinder(std::vector<AddedToken> tokens) : m_tokens(std::move(tokens)) {
    std::erase_if(m_tokens, [](const AddedToken& token) { return token.content.empty(); });
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        const std::string_view content = m_tokens[i].content;
        m_byContent.emplace(content, i);
        m_lengths[static_cast<unsigned char>(content[0])].push_back(content.size());
    }
    for (auto& lengths : m_lengths) {
        std::sort(lengths.rbegin(), lengths.rend());
        lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
    }
}

const AddedToken* AddedTokenFinder::longestAt(std::string_view text) const {
    for (const std::size_t length : m_lengths[static_cast<unsigned char>(text[0])]) {
        if (length > text.size())
            continue;
        const auto found = m_byContent.find(text.substr(0, length));
        if (found != m_byContent.end())
            return &m_tokens[found->second];
    }
    return nullptr;
}

bool AddedTokenFinder::standsAlone(std::string_view text, std::size_t begin,
                                   std::size_t end) const {
    const bool before =
        begin == 0 || !isWordCharacter(utf8At(text, previousCharacter(text, begin)).code);
    const bool after = end == text.size() || !isWordCharacter(utf8At(text, end).code);
    return before && after;
}

std::vector<AddedTokenFinder::Found> AddedTokenFinder::split(std::string_view text) const {
    std::vector<Found> found;
    std::size_t textFrom = 0;
    const auto push = [&](std::size_t begin, std::size_t end, std::int32_t id) {
        found.push_back({{static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)}, id});
    };
    for (std::size_t at = 0; at < text.size() && !m_tokens.empty();) {
        const AddedToken* token = longestAt(text.substr(at));
        if (!token) {
            ++at;
            continue;
        }
        std::size_t begin = at, end = at + token->content.size();
        at = end;
        if (token->singleWord && !standsAlone(text, begin, end))
            continue;
        if (token->leftStrip)
            while (begin > textFrom &&
                   isWhiteSpace(utf8At(text, previousCharacter(text, begin)).code))
                begin = previousCharacter(text, begin);
        if (token->rightStrip)
            while (end < text.size() && isWhiteSpace(utf8At(text, end).code))
                end += static_cast<std::size_t>(utf8At(text, end).bytes);
        if (textFrom < begin)
            push(textFrom, begin, -1);
        push(begin, end, token->id);
        textFrom = end;
    }
    if (textFrom < text.size())
        push(textFrom, text.size(), -1);
    return found;
}

} // namespace attendre
