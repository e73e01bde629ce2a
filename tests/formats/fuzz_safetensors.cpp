#include "model/formats/safetensors.h"

#include <cstdlib>

using namespace attendre;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto tensors = parseSafetensors({reinterpret_cast<const std::byte*>(data), size},
                                    QStringLiteral("fuzz.safetensors"));
    if (!tensors)
        return tensors.error().sentence.isEmpty() ? std::abort(), 1 : 0;
    std::vector<float> values;
    for (const Tensor& tensor : *tensors) {
        std::size_t elements = 1;
        for (const qint64 extent : tensor.shape)
            elements *= static_cast<std::size_t>(extent);
        values.resize(elements);
        if (!readTensor(tensor, values.data()))
            std::abort();
    }
    return 0;
}
