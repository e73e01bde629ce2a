#include "model/network/row_kernels.h"

#include "model/network/vector_exp.h"

#include <cmath>

// -ffast-math's reassociation is allowed in this file alone (CMakeLists.txt): sums over a row may
// be taken lane by lane. The order is fixed at compile time, so results repeat.
#define ATTENDRE_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

namespace attendre {

ATTENDRE_CLONES
void normalizeRow(const float* x, const float* weight, float epsilon, std::int64_t n, float* out) {
    float sum = 0;
    for (std::int64_t i = 0; i < n; ++i)
        sum += x[i] * x[i];
    const float scale = 1.0f / std::sqrt(sum / float(n) + epsilon);
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
    float largest = x[0];
    for (std::int64_t i = 1; i < n; ++i)
        largest = x[i] > largest ? x[i] : largest;
    float sum = 0;
    for (std::int64_t i = 0; i < n; ++i)
        sum += fastExp(x[i] - largest);
    return largest + std::log(sum);
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
