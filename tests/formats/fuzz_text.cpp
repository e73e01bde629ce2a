#include "model/formats/tokenizer.h"

#include <cstdlib>

using namespace attendre;

// Any bytes as a text: refused when they are no UTF-8, otherwise encoded without a gap.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto tokenizers = [] {
        std::vector<std::shared_ptr<const Tokenizer>> opened;
        for (const char* dialect : {"gpt2", "smollm2", "llama3", "qwen2"}) {
            auto tokenizer =
                Tokenizer::open(QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/tokenizers/") +
                                QLatin1String(dialect));
            if (!tokenizer)
                std::abort();
            opened.push_back(tokenizer.take());
        }
        return opened;
    }();
    const QByteArray text(reinterpret_cast<const char*>(data), static_cast<qsizetype>(size));
    for (const auto& tokenizer : tokenizers) {
        auto encoding = tokenizer->encode(text);
        if (!encoding)
            continue;
        std::int64_t until = 0;
        for (const auto& [begin, end] : encoding->bytes) {
            if (begin > until || end < until)
                std::abort();
            until = end;
        }
        if (until != text.size())
            std::abort();
    }
    return 0;
}
