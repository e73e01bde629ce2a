#include "model/trace/token_block.h"

#include "model/trace/bytes.h"

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

template <class T, class Write>
void getEach(ByteReader& in, std::vector<TokenInfo>& tokens, Write write) {
    std::vector<T> values;
    if (in.getPlanes(values, tokens.size()))
        for (size_t i = 0; i < tokens.size(); ++i)
            write(tokens[i], values[i]);
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

Result<std::vector<TokenInfo>> tokensFromBytes(const QByteArray& bytes) {
    auto content = decompressed(bytes);
    if (!content)
        return content.error();
    const Error damaged{"A block of tokens is damaged; record the run again."};
    ByteReader in(*content);
    const auto count = in.get<std::uint32_t>();
    if (tokenBytes * count > in.left())
        return damaged;
    std::vector<TokenInfo> tokens(count);
    getEach<std::int32_t>(in, tokens, [](auto& t, auto v) { t.position = v; });
    getEach<std::uint8_t>(in, tokens, [](auto& t, auto v) {
        t.segment = v <= std::uint8_t(Segment::Answer) ? Segment(v) : Segment::Document;
    });
    getEach<std::int32_t>(in, tokens, [](auto& t, auto v) { t.documentPosition = v; });
    getEach<std::int32_t>(in, tokens, [](auto& t, auto v) { t.id = v; });
    getEach<std::int64_t>(in, tokens, [](auto& t, auto v) { t.byteBegin = v; });
    getEach<std::int64_t>(in, tokens, [](auto& t, auto v) { t.byteEnd = v; });
    std::vector<std::uint32_t> lengths;
    in.getPlanes(lengths, count);
    for (size_t i = 0; i < lengths.size(); ++i)
        if (const char* text = in.getRaw(lengths[i]))
            tokens[i].text = QByteArray(text, lengths[i]);
    return in.complete() ? Result<std::vector<TokenInfo>>(std::move(tokens))
                         : Result<std::vector<TokenInfo>>(damaged);
}

} // namespace attendre
