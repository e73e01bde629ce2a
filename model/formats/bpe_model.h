#pragma once

#include "model/trace/cancel.h"
#include "model/trace/result.h"

#include <QString>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace attendre {

// What a file says of a byte-pair encoding, tokens spelled as stored there.
struct BpeDefinition {
    std::vector<std::pair<std::string, std::int64_t>> tokens; // spelling, id
    std::vector<std::pair<std::string, std::string>> merges;  // lowest rank first
    bool byteLevel = true;     // spelled in the byte alphabet; else in plain characters
    bool ignoreMerges = false; // a piece that is a token is taken whole
    bool byteFallback = false; // an unknown character becomes <0x..> tokens, if all of them exist
    bool fuseUnknown = false;
    std::optional<std::string> unknown; // the unknown token's spelling
};

// Merges pieces of text into tokens. Const and safe to share between threads.
class BpeModel {
  public:
    struct Symbol {
        std::int32_t id = 0;
        std::int32_t begin = 0, end = 0; // bytes of the piece
    };

    // Errors name path and what is inconsistent: an id out of range or twice, a merge of tokens
    // that do not exist, an unknown token that does not exist.
    static Result<BpeModel> build(const BpeDefinition& definition, const QString& path);

    // Appends the tokens of one piece of valid UTF-8; false when cancelled.
    bool encode(std::string_view piece, std::vector<Symbol>& out, const Cancel& cancel) const;

    int size() const { return static_cast<int>(m_bytes.size()); } // highest id + 1
    // The bytes of a token; empty for an id that is not in the vocabulary.
    std::string_view bytes(std::int32_t id) const;
    std::optional<std::int32_t> idOf(const std::string& spelling) const;

  private:
    struct Merge {
        std::int32_t rank = 0, id = 0;
    };
    struct Link;
    Result<void> addTokens(const BpeDefinition& definition, const QString& path);
    Result<void> addMerges(const BpeDefinition& definition, const QString& path);
    void firstSymbols(std::string_view piece, std::vector<Symbol>& out) const;
    void fallBack(std::string_view piece, Symbol character, std::vector<Symbol>& out,
                  bool& lastWasUnknown) const;
    bool merge(std::vector<Link>& links, const Cancel& cancel) const;
    const Merge* find(std::int32_t left, std::int32_t right) const;

    bool m_byteLevel = true, m_ignoreMerges = false, m_byteFallback = false, m_fuseUnknown = false;
    std::optional<std::int32_t> m_unknown;
    std::vector<std::string> m_bytes;                            // by id
    std::unordered_map<std::string, std::int32_t> m_ids;         // by spelling
    std::unordered_map<std::string, std::int32_t> m_wholePieces; // by bytes
    std::unordered_map<std::uint64_t, Merge> m_merges;           // by left id and right id
    std::array<std::int32_t, 256> m_byteIds{};                   // -1: no such token
};

} // namespace attendre
