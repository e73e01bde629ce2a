#include "model/formats/gguf.h"
#include "model/formats/mapped_model.h"
#include "model/formats/tokenizer.h"

#include <cstdlib>

using namespace attendre;

// The whole way of a GGUF file: parse, describe, dequantise every tensor, make the tokenizer and
// use it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const QString path = QStringLiteral("fuzz.gguf");
    auto contents = parseGguf({reinterpret_cast<const std::byte*>(data), size}, path);
    if (!contents)
        return contents.error().sentence.isEmpty() ? std::abort(), 1 : 0;
    if (auto model = makeGgufModel(*contents, path, {})) {
        std::vector<float> values;
        for (const Tensor& tensor : (*model)->tensors()) {
            std::size_t elements = 1;
            for (const qint64 extent : tensor.shape)
                elements *= static_cast<std::size_t>(extent);
            values.resize(elements);
            if (!readTensor(tensor, values.data()))
                std::abort();
        }
        if (rotaryFrequencies((*model)->description()).empty())
            std::abort();
    }
    if (auto tokenizer = makeGgufTokenizer(*contents, path)) {
        auto encoding = (*tokenizer)->encode("In the beginning 123 <|im_start|> caf\xC3\xA9\r\n");
        if (!encoding)
            std::abort();
        (*tokenizer)->decode(encoding->ids);
    }
    return 0;
}
