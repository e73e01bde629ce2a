#include "widgets/document_text.h"

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

QStringList DocumentText::pieces(std::int32_t token) const {
    QString text = readable(tokenBytes(token));
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
    return u'“' + (trimmed.isEmpty() ? text : trimmed) + u'”';
}

} // namespace attendre
