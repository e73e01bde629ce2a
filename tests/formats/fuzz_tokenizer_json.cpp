#include "model/formats/bpe_tokenizer.h"

#include <cstdlib>

using namespace attendre;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const QString path = QStringLiteral("fuzz/tokenizer.json");
    const QByteArray json(reinterpret_cast<const char*>(data), static_cast<qsizetype>(size));
    auto parts = readTokenizerJson(json, path);
    if (!parts)
        return parts.error().sentence.isEmpty() ? std::abort(), 1 : 0;
    auto tokenizer = makeBpeTokenizer(parts.take(), path);
    if (!tokenizer)
        return 0;
    // A damaged expression may be refused at run time; what is encoded must decode without harm.
    auto encoding = (*tokenizer)->encode("In the  beginning 123 <|endoftext|> cafe\xCC\x81\r\n");
    if (encoding)
        (*tokenizer)->decode(encoding->ids);
    return 0;
}
