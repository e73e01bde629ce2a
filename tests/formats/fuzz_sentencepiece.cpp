#include "model/formats/sentencepiece_tokenizer.h"

#include <cstdlib>

using namespace attendre;

// Any bytes as a sentencepiece model: refused, or it encodes without a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const QString path = QStringLiteral("fuzz/tokenizer.model");
    SentencePieceParts parts;
    parts.file.assign(reinterpret_cast<const char*>(data), size);
    auto model = readSentencePieceModel(parts.file, path);
    if (!model)
        return model.error().sentence.isEmpty() ? std::abort(), 1 : 0;
    parts.model = model.take();
    parts.partBytes = 8;
    auto tokenizer = makeSentencePieceTokenizer(std::move(parts), path);
    if (!tokenizer)
        return 0;
    auto encoding =
        (*tokenizer)->encode("In the  beginning 123 [user] Q q ~ caf\xC3\xA9 \xC3\x86x\r\n");
    if (encoding)
        (*tokenizer)->decode(encoding->ids);
    return 0;
}
