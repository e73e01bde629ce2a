#include "model/network/row_kernels.h"

#include "model/network/vector_exp.h"

#include <cmath>

#define ATTENDRE_CLONES                                                                            \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

namespace attendre {

namespace {

// Sums and maxima over a row are taken in so many lanes, which the compiler makes registers of; the
// order of the additions is fixed, so results repeat.
constexpr std::int64_t lanes = 32;

[[gnu::always_inline]] inline float sumOf(const float (&lane)[lanes]) {
    float sum = 0;
    for (float value : lane)
        sum += value;
    return sum;
}

} // namespace

ATTENDRE_CLONES
void normalizeRow(const float* x, const float* weight, float epsilon, std::int64_t n, float* out) {
    float lane[lanes] = {};
    const std::int64_t whole = n - n % lanes;
    for (std::int64_t i = 0; i < whole; i += lanes)
        for (std::int64_t l = 0; l < lanes; ++l)
            lane[l] += x[i + l] * x[i + l];
    for (std::int64_t i = whole; i < n; ++i)
        lane[i - whole] += x[i] * x[i];
    const float scale = 1.0f / std::sqrt(sumOf(lane) / float(n) + epsilon);
    for (std::int64_t i = 0; i < n; ++i)
        out[i] = x[i] * scale * weight[i];
}

ATTENDRE_CLONES
void gateRow(const float* gate, const float* up, std::int64_t n, float* out) {
    for (std::int64_t i = 0; i < n; ++i)
        out[i] = gate[i] / (1.0f + fastExp(-gate[i])) * up[i];
}

ATTENDRE_CLONES
float logSumExpRow(const float* x, std::int64_t n) {
    const std::int64_t whole = n - n % lanes;
    float most[lanes], lane[lanes] = {};
    for (std::int64_t l = 0; l < lanes; ++l)
        most[l] = x[l < n ? l : 0];
    for (std::int64_t i = 0; i < whole; i += lanes)
        for (std::int64_t l = 0; l < lanes; ++l)
            most[l] = x[i + l] > most[l] ? x[i + l] : most[l];
    float largest = most[0];
    for (float value : most)
        largest = value > largest ? value : largest;
    for (std::int64_t i = whole; i < n; ++i)
        largest = x[i] > largest ? x[i] : largest;
    for (std::int64_t i = 0; i < whole; i += lanes)
        for (std::int64_t l = 0; l < lanes; ++l)
            lane[l] += fastExp(x[i + l] - largest);
    for (std::int64_t i = whole; i < n; ++i)
        lane[i - whole] += fastExp(x[i] - largest);
    return largest + std::log(sumOf(lane));
}

ATTENDRE_CLONES
void rotateRow(const float* x, const float* cosine, const float* sine, std::int64_t half,
               float* out) {
    for (std::int64_t d = 0; d < half; ++d) {
        out[d] = x[d] * cosine[d] - x[d + half] * sine[d];
        out[d + half] = x[d + half] * cosine[d] + x[d] * sine[d];
    }
}

} // namespace attendre
