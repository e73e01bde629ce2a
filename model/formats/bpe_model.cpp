#include "model/formats/bpe_model.h"

#include "model/formats/byte_alphabet.h"
#include "model/formats/utf8.h"

#include <algorithm>
#include <queue>

namespace attendre {

namespace {

QString shown(const std::string& text) {
    return QString::fromStdString(text.substr(0, 80));
}

Error refusal(const QString& path, const QString& what) {
    return Error{
        QStringLiteral("The tokenizer in %1 is inconsistent: %2; fetch it again.").arg(path, what)};
}

std::uint64_t pairKey(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
           static_cast<std::uint32_t>(right);
}

// "<0x0A>" for 10.
std::string fallbackSpelling(unsigned char byte) {
    constexpr char digits[] = "0123456789ABCDEF";
    return {'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'};
}

// The byte that such a spelling stands for.
std::optional<char> fallbackByte(const std::string& spelling) {
    if (spelling.size() != 6 || !spelling.starts_with("<0x"))
        return std::nullopt;
    for (int byte = 0; byte < 256; ++byte)
        if (spelling == fallbackSpelling(static_cast<unsigned char>(byte)))
            return static_cast<char>(byte);
    return std::nullopt;
}

} // namespace

// A symbol in a doubly linked list.
struct BpeModel::Link {
    Symbol symbol;
    bool merged = false; // into the one before it
    std::int64_t previous = -1, next = -1;
};

Result<BpeModel> BpeModel::build(const BpeDefinition& definition, const QString& path) {
    BpeModel model;
    model.m_byteLevel = definition.byteLevel;
    model.m_ignoreMerges = definition.ignoreMerges;
    model.m_byteFallback = definition.byteFallback;
    model.m_fuseUnknown = definition.fuseUnknown;
    if (auto added = model.addTokens(definition, path); !added)
        return added.error();
    if (auto added = model.addMerges(definition, path); !added)
        return added.error();
    if (definition.unknown) {
        model.m_unknown = model.idOf(*definition.unknown);
        if (!model.m_unknown)
            return refusal(path, QStringLiteral("its unknown token \"%1\" is not in the vocabulary")
                                     .arg(shown(*definition.unknown)));
    }
    return model;
}

Result<void> BpeModel::addTokens(const BpeDefinition& definition, const QString& path) {
    if (definition.tokens.empty())
        return refusal(path, QStringLiteral("its vocabulary is empty"));
    // Holes are tolerated, but a few entries must not ask for gigabytes.
    const auto limit = static_cast<std::int64_t>(definition.tokens.size()) * 2 + 65536;
    m_ids.reserve(definition.tokens.size());
    for (const auto& [spelling, id] : definition.tokens) {
        if (id < 0 || id >= limit)
            return refusal(path,
                           QStringLiteral("the token \"%1\" has the id %2, but there are %3 tokens")
                               .arg(shown(spelling))
                               .arg(id)
                               .arg(definition.tokens.size()));
        if (static_cast<std::size_t>(id) >= m_bytes.size())
            m_bytes.resize(static_cast<std::size_t>(id) + 1);
        if (!m_ids.emplace(spelling, static_cast<std::int32_t>(id)).second)
            return refusal(path,
                           QStringLiteral("the token \"%1\" occurs twice").arg(shown(spelling)));
        auto& bytes = m_bytes[static_cast<std::size_t>(id)];
        if (!bytes.empty())
            return refusal(path, QStringLiteral("the id %1 is given to two tokens").arg(id));
        auto spelled = m_byteLevel ? bytesOfSpelling(spelling) : std::optional(spelling);
        const auto fallback = m_byteFallback ? fallbackByte(spelling) : std::nullopt;
        bytes = fallback ? std::string(1, *fallback) : spelled.value_or(spelling);
        if (spelled)
            m_wholePieces.emplace(*spelled, static_cast<std::int32_t>(id));
    }
    for (unsigned byte = 0; byte < 256; ++byte) {
        std::string spelling;
        appendUtf8(spelling, characterOfByte(static_cast<unsigned char>(byte)));
        m_byteIds[byte] = idOf(spelling).value_or(-1);
    }
    return {};
}

Result<void> BpeModel::addMerges(const BpeDefinition& definition, const QString& path) {
    m_merges.reserve(definition.merges.size());
    std::int32_t rank = 0;
    for (const auto& [left, right] : definition.merges) {
        const auto leftId = idOf(left), rightId = idOf(right), mergedId = idOf(left + right);
        if (!leftId || !rightId || !mergedId) {
            const std::string& missing = !leftId ? left : !rightId ? right : left + right;
            return refusal(
                path, QStringLiteral("merge %1 needs the token \"%2\", which the vocabulary lacks")
                          .arg(rank)
                          .arg(shown(missing)));
        }
        m_merges[pairKey(*leftId, *rightId)] = {rank++, *mergedId};
    }
    return {};
}

std::optional<std::int32_t> BpeModel::idOf(const std::string& spelling) const {
    const auto found = m_ids.find(spelling);
    return found == m_ids.end() ? std::nullopt : std::optional(found->second);
}

std::string_view BpeModel::bytes(std::int32_t id) const {
    if (id < 0 || id >= size())
        return {};
    return m_bytes[static_cast<std::size_t>(id)];
}

const BpeModel::Merge* BpeModel::find(std::int32_t left, std::int32_t right) const {
    const auto found = m_merges.find(pairKey(left, right));
    return found == m_merges.end() ? nullptr : &found->second;
}

void BpeModel::fallBack(std::string_view piece, Symbol character, std::vector<Symbol>& out,
                        bool& lastWasUnknown) const {
    if (m_byteFallback) {
        std::vector<Symbol> bytes;
        for (std::int32_t at = character.begin; at < character.end; ++at)
            if (const auto id = idOf(fallbackSpelling(
                    static_cast<unsigned char>(piece[static_cast<std::size_t>(at)]))))
                bytes.push_back({*id, at, at + 1});
        if (static_cast<std::int32_t>(bytes.size()) == character.end - character.begin) {
            out.insert(out.end(), bytes.begin(), bytes.end());
            lastWasUnknown = false;
            return;
        }
    }
    if (!m_unknown)
        return; // the reference drops what it has no token for
    if (m_fuseUnknown && lastWasUnknown)
        out.back().end = character.end;
    else
        out.push_back({*m_unknown, character.begin, character.end});
    lastWasUnknown = true;
}

void BpeModel::firstSymbols(std::string_view piece, std::vector<Symbol>& out) const {
    bool lastWasUnknown = false;
    for (std::size_t at = 0; at < piece.size();) {
        const std::size_t length =
            m_byteLevel ? 1 : static_cast<std::size_t>(utf8At(piece, at).bytes);
        Symbol symbol{-1, static_cast<std::int32_t>(at), static_cast<std::int32_t>(at + length)};
        if (m_byteLevel)
            symbol.id = m_byteIds[static_cast<unsigned char>(piece[at])];
        else
            symbol.id = idOf(std::string(piece.substr(at, length))).value_or(-1);
        at += length;
        if (symbol.id < 0) {
            fallBack(piece, symbol, out, lastWasUnknown);
            continue;
        }
        out.push_back(symbol);
        lastWasUnknown = false;
    }
}

// As the reference does it: the waiting merge of lowest rank, then of lowest position, is applied
// if the pair at its position still merges into the same token.
bool BpeModel::merge(std::vector<Link>& links, const Cancel& cancel) const {
    struct Waiting {
        std::int32_t rank, id;
        std::int64_t position;
        bool operator<(const Waiting& other) const {
            return rank != other.rank ? rank > other.rank : position > other.position;
        }
    };
    std::priority_queue<Waiting> queue;
    const auto consider = [&](std::int64_t position) {
        const Link& left = links[static_cast<std::size_t>(position)];
        if (left.next < 0)
            return;
        const Link& right = links[static_cast<std::size_t>(left.next)];
        if (const Merge* found = find(left.symbol.id, right.symbol.id))
            queue.push({found->rank, found->id, position});
    };
    for (std::int64_t i = 0; i + 1 < static_cast<std::int64_t>(links.size()); ++i)
        consider(i);
    for (std::uint32_t turn = 1; !queue.empty(); ++turn) {
        if (turn % 65536 == 0 && cancel.requested())
            return false;
        const Waiting top = queue.top();
        queue.pop();
        Link& left = links[static_cast<std::size_t>(top.position)];
        if (left.merged || left.next < 0)
            continue;
        Link& right = links[static_cast<std::size_t>(left.next)];
        const Merge* found = find(left.symbol.id, right.symbol.id);
        if (!found || found->id != top.id)
            continue;
        left.symbol = {top.id, left.symbol.begin, right.symbol.end};
        right.merged = true;
        left.next = right.next;
        if (left.next >= 0)
            links[static_cast<std::size_t>(left.next)].previous = top.position;
        if (left.previous >= 0)
            consider(left.previous);
        consider(top.position);
    }
    return true;
}

bool BpeModel::encode(std::string_view piece, std::vector<Symbol>& out,
                      const Cancel& cancel) const {
    if (m_ignoreMerges)
        if (const auto whole = m_wholePieces.find(std::string(piece));
            whole != m_wholePieces.end()) {
            out.push_back({whole->second, 0, static_cast<std::int32_t>(piece.size())});
            return true;
        }
    std::vector<Symbol> symbols;
    firstSymbols(piece, symbols);
    std::vector<Link> links(symbols.size());
    for (std::size_t i = 0; i < links.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        links[i] = {symbols[i], false, at - 1, i + 1 < links.size() ? at + 1 : -1};
    }
    if (!merge(links, cancel))
        return false;
    for (const Link& link : links)
        if (!link.merged)
            out.push_back(link.symbol);
    return true;
}

} // namespace attendre
