#include "widgets/document_text.h"

#include "widgets/plot_text.h"

#include <QStringDecoder>

#include <algorithm>

namespace attendre {

namespace {

QString readable(const QByteArray& bytes) {
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString text = decoder(bytes);
    if (!decoder.hasError() && !text.contains(QChar::ReplacementCharacter))
        return text;
    QString hexadecimal;
    for (const char byte : bytes)
        hexadecimal += u'‹' + QString::number(std::uint8_t(byte), 16) + u'›';
    return hexadecimal;
}

bool continues(char byte) {
    return (std::uint8_t(byte) & 0xC0) == 0x80;
}

// The bytes of the character that begins at a byte; 1 where none does, or where it is broken.
qsizetype characterAt(const QByteArray& bytes, qsizetype at) {
    const auto lead = std::uint8_t(bytes[at]);
    const qsizetype length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length == 1 || at + length > bytes.size())
        return 1;
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString text = decoder(QByteArrayView(bytes).sliced(at, length));
    const bool whole = !decoder.hasError() && text.size() == (length == 4 ? 2 : 1) &&
                       text[0] != QChar::ReplacementCharacter;
    return whole ? length : 1;
}

constexpr qsizetype mostBytes = 4; // of a character

} // namespace

void DocumentText::clear() {
    m_bytes.clear();
    m_begin = {0};
    m_segments.clear();
    m_nll.clear();
}

void DocumentText::append(const std::vector<TokenInfo>& tokens) {
    for (const TokenInfo& token : tokens) {
        m_bytes += token.text;
        m_begin.push_back(std::uint32_t(m_bytes.size()));
        m_segments.push_back(std::uint8_t(token.segment));
        m_nll.push_back(token.nll);
    }
}

void DocumentText::setNll(std::int32_t first, const std::vector<float>& nll) {
    for (std::size_t i = 0; i < nll.size() && std::size_t(first) + i < m_nll.size(); ++i)
        m_nll[std::size_t(first) + i] = nll[i];
}

QByteArray DocumentText::tokenBytes(std::int32_t token) const {
    const auto at = std::size_t(token);
    return m_bytes.mid(m_begin[at], m_begin[at + 1] - m_begin[at]);
}

std::int32_t DocumentText::tokenAt(std::uint32_t byte) const {
    const auto next = std::upper_bound(m_begin.begin(), m_begin.end(), byte);
    return std::clamp(std::int32_t(next - m_begin.begin()) - 1, 0, std::max(0, count() - 1));
}

// A character stands where its first byte is: the token takes the bytes that it lacks at its end
// and leaves those at its beginning to the token before.
std::pair<qsizetype, qsizetype> DocumentText::characters(std::int32_t token) const {
    const qsizetype begin = m_begin[std::size_t(token)], end = m_begin[std::size_t(token) + 1];
    qsizetype from = begin, to = end;
    if (begin == end)
        return {from, to};
    for (qsizetype at = begin; at >= 0 && at > begin - mostBytes && continues(m_bytes[begin]); --at)
        if (!continues(m_bytes[at])) {
            from = std::clamp(at + characterAt(m_bytes, at), begin, end);
            break;
        }
    for (qsizetype at = end - 1; at >= from && at > end - mostBytes; --at)
        if (!continues(m_bytes[at])) {
            to = std::max(end, at + characterAt(m_bytes, at));
            break;
        }
    return {from, to};
}

QStringList DocumentText::pieces(std::int32_t token) const {
    const auto [from, to] = characters(token);
    const bool further = from == to && m_begin[std::size_t(token)] < std::uint32_t(to);
    QString text = further ? QString(QChar(0xB7)) : readable(m_bytes.mid(from, to - from));
    text.remove(u'\r');
    text.replace(u'\t', QStringLiteral("    "));
    return text.split(u'\n');
}

bool DocumentText::startsWithSpace(std::int32_t token) const {
    const auto at = std::size_t(token);
    return m_begin[at] < m_begin[at + 1] && m_bytes[m_begin[at]] == ' ';
}

bool DocumentText::isAscii(std::int32_t token) const {
    const auto at = std::size_t(token);
    return std::all_of(m_bytes.begin() + m_begin[at], m_bytes.begin() + m_begin[at + 1],
                       [](char byte) { return byte >= ' ' && byte < 127; });
}

QString quoted(const QByteArray& token) {
    QString text = readable(token);
    text.replace(u'\n', u'↵').replace(u'\t', u'⇥').remove(u'\r');
    const QString trimmed = text.trimmed();
    return u'“' + isolated(trimmed.isEmpty() ? text : trimmed) + u'”';
}

} // namespace attendre
