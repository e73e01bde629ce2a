#pragma once

#include <bit>
#include <cstdint>

namespace attendre {

// exp(x) in float32 with a relative error below 2e-7 for x in [-87, 88]; below that 0 within
// float32's least normal number, above it clamped. Branch-free, so that loops over it vectorise.
inline float fastExp(float x) {
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    // x = k ln 2 + r, |r| <= ln 2 / 2; the sum with 1.5 * 2^23 rounds to the nearest integer, so
    // nothing that includes this may be compiled with -fassociative-math.
    const float shifted = x * 1.44269504f + 12582912.0f;
    const float k = shifted - 12582912.0f;
    const float r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const std::uint32_t scale = (std::bit_cast<std::uint32_t>(shifted) + 127u) << 23;
    return p * std::bit_cast<float>(scale);
}

} // namespace attendre
