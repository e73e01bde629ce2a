#pragma once

#include "model/trace/result.h"
#include "model/trace/values.h"

#include <QByteArray>

#include <vector>

namespace attendre {

// A block of consecutive tokens as bytes (docs/trace-format.md, "Tokens"); nll is kept elsewhere.
QByteArray tokensToBytes(const std::vector<TokenInfo>& tokens);
Result<std::vector<TokenInfo>> tokensFromBytes(const QByteArray& bytes);

// A block as it is kept for being asked again: packed, some 45 bytes a token, and a token is made
// only when it is asked for.
class TokenBlock {
  public:
    static Result<TokenBlock> fromBytes(const QByteArray& bytes);

    std::size_t count() const { return m_position.size(); }
    std::int32_t position(std::size_t i) const { return m_position[i]; }
    // Of the token at a position; count() where the block does not hold it.
    std::size_t indexOf(std::int32_t position) const;
    TokenInfo token(std::size_t i) const; // nll is kept elsewhere
    QByteArray text(std::size_t i) const;

  private:
    std::vector<std::int32_t> m_position, m_documentPosition, m_id;
    std::vector<std::uint8_t> m_segment;
    std::vector<std::int64_t> m_byteBegin, m_byteEnd;
    std::vector<std::uint32_t> m_textBegin; // count() + 1 offsets in m_texts
    QByteArray m_texts;
};

} // namespace attendre
