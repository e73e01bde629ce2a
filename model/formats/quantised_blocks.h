#pragma once

#include "model/formats/model_files.h"

#include <bit>
#include <cstddef>
#include <cstdint>

namespace attendre {

// IEEE half precision without branches, so that loops over it are vectorised. Normal numbers,
// infinities and NaN go through a scaled exponent, subnormal ones through a magic bias.
inline float floatFromHalf(std::uint16_t half) {
    const std::uint32_t word = static_cast<std::uint32_t>(half) << 16;
    const std::uint32_t sign = word & 0x80000000u, twice = word + word;
    const float normal = std::bit_cast<float>((twice >> 4) + (0xE0u << 23)) * 0x1.0p-112f;
    const float subnormal = std::bit_cast<float>((twice >> 17) | (126u << 23)) - 0.5f;
    const std::uint32_t magnitude = twice < (1u << 27) ? std::bit_cast<std::uint32_t>(subnormal)
                                                       : std::bit_cast<std::uint32_t>(normal);
    return std::bit_cast<float>(sign | magnitude);
}

// Dequantises blocks of GGML's quantised types, with the products rounded as the reference rounds
// them. elements is a multiple of the type's block (32, or 256 for the K types); type is one of the
// quantised ones.
void readBlocks(TensorType type, const std::byte* in, float* out, qint64 elements);

} // namespace attendre
