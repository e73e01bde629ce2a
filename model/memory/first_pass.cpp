#include "model/memory/first_pass.h"

#include "model/memory/score_block.h"
#include "model/network/vector_exp.h"

#include <cmath>
#include <limits>

namespace attendre {

namespace {

constexpr float nothing = -std::numeric_limits<float>::infinity();

// The sum of exp(score - largest) over the keys so far, of one query of one query head.
struct Running {
    float largest = nothing;
    double sum = 0;
};

[[gnu::always_inline]] inline void addBlock(float* scores, float scale, const float* bias,
                                            const std::int32_t* position, std::int32_t last,
                                            Running& running) {
    float most = nothing;
    for (int k = 0; k < blockKeys; ++k) {
        const float score = scores[k] * scale + bias[k];
        scores[k] = position[k] <= last ? score : nothing;
        most = scores[k] > most ? scores[k] : most;
    }
    if (most == nothing)
        return;
    if (most > running.largest) {
        running.sum *= std::exp(double(running.largest) - double(most));
        running.largest = most;
    }
    float sum = 0;
    for (int k = 0; k < blockKeys; ++k)
        sum += scores[k] == nothing ? 0.0f : fastExp(scores[k] - running.largest);
    running.sum += double(sum);
}

// All queries of one K/V head's group.
template <int Lanes, int Rows>
[[gnu::always_inline]] inline void runHead(const UsagePass& p, int head, float* logSumExp) {
    ScoreBlock s;
    s.reserve(p);
    std::vector<Running> running(std::size_t(p.group) * p.queries);
    alignas(64) float bias[blockKeys] = {};
    for (int firstKey = 0; firstKey < p.entries; firstKey += blockKeys) {
        const int keys = std::min(blockKeys, p.entries - firstKey);
        loadBlock(p, head, firstKey, keys, s);
        for (int query = 0; query < p.queries; query += blockQueries) {
            const int count = std::min(blockQueries, p.queries - query);
            scoreQueries<Lanes, Rows>(p, head, query, count, s);
            for (int row = 0; row < count * p.group; ++row) {
                const int j = query + row / p.group, member = row % p.group;
                const std::size_t of = std::size_t(head * p.group + member) * p.queries + j;
                if (p.bias)
                    std::copy_n(p.bias + of * p.entries + firstKey, keys, bias);
                addBlock(s.scores.data() + std::size_t(row) * blockKeys, p.scale, bias, s.position,
                         p.causal ? p.firstQuery + j : INT32_MAX - 1,
                         running[std::size_t(member) * p.queries + j]);
            }
        }
    }
    for (std::size_t i = 0; i < running.size(); ++i)
        logSumExp[i] = float(double(running[i].largest) + std::log(running[i].sum));
}

using RunHead = void (*)(const UsagePass&, int, float*);

__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma"))) void
runHead512(const UsagePass& p, int head, float* out) {
    runHead<16, 6>(p, head, out);
}
__attribute__((target("avx2,fma"))) void runHead256(const UsagePass& p, int head, float* out) {
    runHead<8, 3>(p, head, out);
}
void runHead128(const UsagePass& p, int head, float* out) {
    runHead<4, 3>(p, head, out);
}

RunHead fastest() {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return runHead512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return runHead256;
    return runHead128;
}

} // namespace

void runFirstPass(const UsagePass& pass, ParallelFor parallel, std::vector<float>& logSumExp) {
    static const RunHead run = fastest();
    logSumExp.resize(std::size_t(pass.heads) * pass.group * pass.queries);
    struct Context {
        const UsagePass& pass;
        float* out;
    } context{pass, logSumExp.data()};
    parallel(
        pass.heads,
        [](void* c, std::int64_t head) {
            auto* context = static_cast<Context*>(c);
            const UsagePass& p = context->pass;
            run(p, int(head), context->out + std::size_t(head) * p.group * p.queries);
        },
        &context);
}

} // namespace attendre
