#include "model/formats/text_cuts.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace attendre {

namespace {

constexpr std::string_view escapedSpace = "\xE2\x96\x81";
// The library's own tables have keys below 64 bytes and 100,000 nodes.
constexpr int longestKey = 256;
constexpr std::uint64_t mostNodes = 1 << 21;

bool beginsWithSpace(std::string_view text) {
    return text.starts_with(' ') || text.starts_with(escapedSpace);
}

// Which characters forbid a cut beside them.
struct Forbidden {
    bool everywhere = false;
    std::array<bool, 256> before{}, after{};

    // A rule replaces key by value.
    void rule(std::string_view key, std::string_view value);
};

void Forbidden::rule(std::string_view key, std::string_view value) {
    const auto first = static_cast<unsigned char>(key.front());
    const auto last = static_cast<unsigned char>(key.back());
    if (key == " " && value != " ")
        everywhere = true;
    // A character before the cut ends its own text; one after it begins with something.
    if (value.empty() || static_cast<unsigned char>(value.back()) != last)
        before[last] = true;
    if (value.empty() || beginsWithSpace(value))
        after[first] = true;
    for (std::size_t i = 0; i < key.size(); ++i) {
        if (key[i] != ' ')
            continue;
        if (i > 0)
            before[static_cast<unsigned char>(key[i - 1])] = true;
        if (i + 1 < key.size())
            after[static_cast<unsigned char>(key[i + 1])] = true;
    }
}

// The rules of normalisation: a double array (four bytes a unit) that maps keys to places among
// texts that end with a zero byte.
class Charsmap {
  public:
    // Visits every rule; false where the tables are damaged.
    bool visit(std::string_view charsmap, Forbidden& forbidden);

  private:
    bool node(std::uint32_t base, int depth);
    std::uint32_t unit(std::uint32_t at) const {
        std::uint32_t value;
        std::memcpy(&value, m_trie.data() + at * 4, sizeof value);
        return value;
    }
    static std::uint32_t offset(std::uint32_t unit) {
        return unit >> 10 << ((unit & 1u << 9) >> 6);
    }

    std::string_view m_trie, m_texts;
    std::uint32_t m_units = 0;
    Forbidden* m_forbidden = nullptr;
    std::uint64_t m_nodes = 0;
    char m_key[longestKey];
};

bool Charsmap::visit(std::string_view charsmap, Forbidden& forbidden) {
    if (charsmap.empty())
        return true;
    std::uint32_t bytes = 0;
    if (charsmap.size() < sizeof bytes)
        return false;
    std::memcpy(&bytes, charsmap.data(), sizeof bytes);
    charsmap.remove_prefix(sizeof bytes);
    if (bytes == 0 || bytes % 1024 != 0 || bytes >= charsmap.size() || charsmap.back() != '\0')
        return false;
    m_trie = charsmap.substr(0, bytes);
    m_texts = charsmap.substr(bytes);
    m_units = bytes / 4;
    m_forbidden = &forbidden;
    return node(offset(unit(0)), 0);
}

// The keys that continue m_key[0, depth): their units lie at base ^ byte.
bool Charsmap::node(std::uint32_t base, int depth) {
    // Branches may share what follows them, so a damaged array can have nodes without end.
    if (base >= m_units || depth == longestKey || ++m_nodes > mostNodes)
        return false;
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        const std::uint32_t at = base ^ byte, found = unit(at);
        if ((found & (1u << 31 | 0xFF)) != byte)
            continue;
        const std::uint32_t below = at ^ offset(found);
        if (below >= m_units)
            return false;
        m_key[depth] = static_cast<char>(byte);
        if ((found >> 8 & 1) != 0) {
            const std::uint32_t place = unit(below) & ~(1u << 31);
            if (place >= m_texts.size())
                return false;
            m_forbidden->rule({m_key, static_cast<std::size_t>(depth) + 1}, m_texts.data() + place);
        }
        if (!node(below, depth + 1))
            return false;
    }
    return true;
}

// A piece that reaches over a cut has the space in its middle.
void forbidPieces(const SentencePieceModel& model, Forbidden& forbidden) {
    for (const SentencePiece& piece : model.pieces) {
        const std::string_view text = piece.text;
        for (std::size_t at = text.find(escapedSpace, 1); at != std::string_view::npos;
             at = text.find(escapedSpace, at + 1))
            forbidden.before[static_cast<unsigned char>(text[at - 1])] = true;
        // These are found in the text as it stands.
        if (piece.type == PieceType::UserDefined && !text.empty())
            forbidden.rule(text, text);
        forbidden.everywhere |= piece.type == PieceType::UserDefined && text == " ";
    }
}

} // namespace

Result<TextCuts> TextCuts::of(const SentencePieceModel& model, const QString& path) {
    Forbidden forbidden, unused;
    if (!Charsmap().visit(model.charsmap, forbidden) ||
        !Charsmap().visit(model.undoingCharsmap, unused))
        return Error{
            QStringLiteral("The tokenizer in %1 cannot be read: its table of normalisation "
                           "is damaged; fetch it again.")
                .arg(path)};
    forbidPieces(model, forbidden);
    TextCuts cuts;
    // The space at the cut is the one that stands before every text, or none is put there; where
    // it would be removed instead, nothing is cut.
    cuts.m_possible = !forbidden.everywhere && model.escapesSpaces && !model.spaceAsSuffix &&
                      (model.addsPrefix || !model.removesExtraSpaces);
    for (std::size_t byte = 0x21; byte < 0x7F; ++byte) {
        cuts.m_before[byte] = !forbidden.before[byte];
        cuts.m_after[byte] = !forbidden.after[byte];
    }
    return cuts;
}

std::size_t TextCuts::next(std::string_view text, std::size_t from) const {
    if (!m_possible || from >= text.size())
        return text.size();
    for (std::size_t at = text.find(' ', from < 1 ? 1 : from); at != std::string_view::npos;
         at = text.find(' ', at + 1))
        if (at + 1 < text.size() && m_before[static_cast<unsigned char>(text[at - 1])] &&
            m_after[static_cast<unsigned char>(text[at + 1])])
            return at;
    return text.size();
}

} // namespace attendre
