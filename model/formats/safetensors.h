#pragma once

#include "model/formats/model_files.h"

#include <cstddef>
#include <span>

namespace attendre {

// The tensors of one safetensors file in memory, in the order of their data; they point into it.
// path is only for the sentences. The checks and their order are the reference implementation's,
// with duplicate keys refused. Errors name the file, the tensor and the value; a type other than
// F64, F32, F16 and BF16 is named.
Result<std::vector<Tensor>> parseSafetensors(std::span<const std::byte> file, const QString& path);

} // namespace attendre
