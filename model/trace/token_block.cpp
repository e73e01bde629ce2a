#include "model/trace/token_block.h"

#include "model/trace/bytes.h"

#include <algorithm>

namespace attendre {

namespace {

constexpr qsizetype tokenBytes = 4 + 1 + 4 + 4 + 8 + 8 + 4;

template <class T, class Read>
void putEach(ByteWriter& out, const std::vector<TokenInfo>& tokens, Read read) {
    std::vector<T> values;
    values.reserve(tokens.size());
    for (const TokenInfo& token : tokens)
        values.push_back(T(read(token)));
    out.putPlanes(values);
}

} // namespace

QByteArray tokensToBytes(const std::vector<TokenInfo>& tokens) {
    ByteWriter out;
    out.put(std::uint32_t(tokens.size()));
    putEach<std::int32_t>(out, tokens, [](const auto& t) { return t.position; });
    putEach<std::uint8_t>(out, tokens, [](const auto& t) { return t.segment; });
    putEach<std::int32_t>(out, tokens, [](const auto& t) { return t.documentPosition; });
    putEach<std::int32_t>(out, tokens, [](const auto& t) { return t.id; });
    putEach<std::int64_t>(out, tokens, [](const auto& t) { return t.byteBegin; });
    putEach<std::int64_t>(out, tokens, [](const auto& t) { return t.byteEnd; });
    putEach<std::uint32_t>(out, tokens, [](const auto& t) { return t.text.size(); });
    for (const TokenInfo& token : tokens)
        out.putRaw(token.text.constData(), token.text.size());
    return compressed(out.bytes());
}

Result<TokenBlock> TokenBlock::fromBytes(const QByteArray& bytes) {
    auto content = decompressed(bytes);
    if (!content)
        return content.error();
    const Error damaged{"A block of tokens is damaged; record the run again."};
    ByteReader in(*content);
    const auto count = in.get<std::uint32_t>();
    if (tokenBytes * count > in.left())
        return damaged;
    TokenBlock block;
    in.getPlanes(block.m_position, count);
    in.getPlanes(block.m_segment, count);
    in.getPlanes(block.m_documentPosition, count);
    in.getPlanes(block.m_id, count);
    in.getPlanes(block.m_byteBegin, count);
    in.getPlanes(block.m_byteEnd, count);
    std::vector<std::uint32_t> lengths;
    in.getPlanes(lengths, count);
    qint64 all = 0;
    block.m_textBegin.assign(1, 0);
    for (const std::uint32_t length : lengths) {
        all += length;
        if (all > in.left())
            return damaged;
        block.m_textBegin.push_back(std::uint32_t(all));
    }
    if (const char* texts = in.getRaw(all))
        block.m_texts = QByteArray(texts, all);
    return in.complete() ? Result<TokenBlock>(std::move(block)) : Result<TokenBlock>(damaged);
}

std::size_t TokenBlock::indexOf(std::int32_t position) const {
    const auto found = std::lower_bound(m_position.begin(), m_position.end(), position);
    return found != m_position.end() && *found == position ? std::size_t(found - m_position.begin())
                                                           : count();
}

TokenInfo TokenBlock::token(std::size_t i) const {
    TokenInfo token;
    token.position = m_position[i];
    token.segment =
        m_segment[i] <= std::uint8_t(Segment::Answer) ? Segment(m_segment[i]) : Segment::Document;
    token.documentPosition = m_documentPosition[i];
    token.id = m_id[i];
    token.byteBegin = m_byteBegin[i];
    token.byteEnd = m_byteEnd[i];
    token.text = text(i);
    return token;
}

QByteArray TokenBlock::text(std::size_t i) const {
    return m_texts.mid(m_textBegin[i], m_textBegin[i + 1] - m_textBegin[i]);
}

Result<std::vector<TokenInfo>> tokensFromBytes(const QByteArray& bytes) {
    const auto block = TokenBlock::fromBytes(bytes);
    if (!block)
        return block.error();
    std::vector<TokenInfo> tokens;
    tokens.reserve(block->count());
    for (std::size_t i = 0; i < block->count(); ++i)
        tokens.push_back(block->token(i));
    return tokens;
}

} // namespace attendre
