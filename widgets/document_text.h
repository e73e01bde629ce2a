#pragma once

#include "model/trace/values.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <cstdint>
#include <utility>
#include <vector>

namespace attendre {

// The input's tokens, as many as have been read so far, packed: a million take some 20 MB.
class DocumentText {
  public:
    void clear();
    void append(const std::vector<TokenInfo>& tokens);
    // Values that became known since.
    void setNll(std::int32_t first, const std::vector<float>& nll);

    std::int32_t count() const { return std::int32_t(m_begin.size()) - 1; }
    const QByteArray& bytes() const { return m_bytes; }
    const std::vector<std::uint32_t>& begins() const { return m_begin; } // count() + 1 offsets
    QByteArray tokenBytes(std::int32_t token) const;
    Segment segment(std::int32_t token) const { return Segment(m_segments[std::size_t(token)]); }
    float nll(std::int32_t token) const { return m_nll[std::size_t(token)]; }
    // The token that holds a byte of bytes().
    std::int32_t tokenAt(std::uint32_t byte) const;

    // The token's lines as they are drawn: one piece, or more where it holds line ends. Tabs are
    // four spaces, carriage returns are left out. A character whose bytes are spread over several
    // tokens stands whole on the first, the others are a dot; bytes that are no character at all
    // are shown in hexadecimal.
    QStringList pieces(std::int32_t token) const;
    bool startsWithSpace(std::int32_t token) const;
    bool isAscii(std::int32_t token) const;

  private:
    // The bytes of the characters that begin in the token, from and behind; none: from = behind.
    std::pair<qsizetype, qsizetype> characters(std::int32_t token) const;

    QByteArray m_bytes;
    std::vector<std::uint32_t> m_begin{0};
    std::vector<std::uint8_t> m_segments;
    std::vector<float> m_nll;
};

// “greater”, with white space shown as what it is.
QString quoted(const QByteArray& token);

} // namespace attendre
