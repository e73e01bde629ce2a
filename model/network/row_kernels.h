#pragma once

#include <cstdint>

namespace attendre {

// Row-wise loops in plain C++ for the CPU in float32, one row a call; no Torch. The compiler makes
// one version of each for AVX-512, one for AVX2, one for any machine.

// out[i] = x[i] * weight[i] / sqrt(mean(x^2) + epsilon).
void normalizeRow(const float* x, const float* weight, float epsilon, std::int64_t n, float* out);

// out[i] = silu(gate[i]) * up[i]. out may be gate.
void gateRow(const float* gate, const float* up, std::int64_t n, float* out);

// Natural logarithm of the sum of exp(x[i]).
float logSumExpRow(const float* x, std::int64_t n);

// Rotates one head's vector of 2 * half numbers: pairs are (d, d + half). out may not be x.
void rotateRow(const float* x, const float* cosine, const float* sine, std::int64_t half,
               float* out);

} // namespace attendre
