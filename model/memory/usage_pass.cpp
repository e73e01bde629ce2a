#include "model/memory/usage_pass.h"

#include "model/memory/score_block.h"
#include "model/network/vector_exp.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace attendre {

namespace {

constexpr int segmentKeys = 128; // keys of one task: small enough to share out a small memory
constexpr int kept = TopAttention::kept;

// The top entries of one query within a segment, largest first.
struct TopList {
    std::array<float, kept> weight;
    std::array<std::int32_t, kept> slot;
    double total = 0;

    void clear() {
        weight.fill(-1.0f);
        slot.fill(-1);
        total = 0;
    }
    void offer(float w, std::int32_t at) {
        if (w <= weight[kept - 1])
            return;
        int i = kept - 1;
        for (; i > 0 && weight[i - 1] < w; --i) {
            weight[i] = weight[i - 1];
            slot[i] = slot[i - 1];
        }
        weight[i] = w;
        slot[i] = at;
    }
};

// One task: some key blocks of one K/V head.
struct KeySegment {
    int head = 0, firstKey = 0, keys = 0;
    std::vector<TopList> top; // [m], empty unless asked for
};

struct Sums { // over the queries, for one block of keys
    alignas(64) float mass[blockKeys];
    alignas(64) float massSquared[blockKeys];
    alignas(64) std::int32_t hits[blockKeys];
    alignas(64) std::int32_t lastQuery[blockKeys];
};

struct Scratch : ScoreBlock {
    alignas(64) float mean[blockKeys];
    alignas(64) float added[blockKeys];
};

// The weights of one query's group, reduced: mean[] for hits and top, added[] for the sums.
[[gnu::always_inline]] inline void reduceGroup(const UsagePass& p, int head, int query,
                                               int firstKey, int keys, const float* scores,
                                               Scratch& s) {
    for (int k = 0; k < blockKeys; ++k)
        s.mean[k] = s.added[k] = 0;
    for (int member = 0; member < p.group; ++member) {
        const std::size_t row = std::size_t(head * p.group + member) * p.queries + query;
        const float* from = scores + std::size_t(member) * blockKeys;
        const float logSumExp = p.logSumExp[row];
        alignas(64) float bias[blockKeys] = {};
        if (p.bias)
            std::copy_n(p.bias + row * p.entries + firstKey, keys, bias);
        for (int k = 0; k < blockKeys; ++k) {
            const float weight = fastExp(from[k] * p.scale + bias[k] - logSumExp);
            s.mean[k] += weight;
            s.added[k] = s.added[k] > weight ? s.added[k] : weight;
        }
    }
    const std::int32_t last = p.causal ? p.firstQuery + query : INT32_MAX - 1;
    const float share = 1.0f / float(p.group);
    const bool largest = p.groupSum == GroupSum::Max, sum = p.groupSum == GroupSum::Sum;
    for (int k = 0; k < blockKeys; ++k) {
        const bool visible = s.position[k] <= last; // an invisible weight may be infinite
        const float total = visible ? s.mean[k] : 0.0f, most = visible ? s.added[k] : 0.0f;
        s.mean[k] = total * share;
        s.added[k] = largest ? most : sum ? total : total * share;
    }
}

[[gnu::always_inline]] inline void addQuery(const Scratch& s, int query, float visible,
                                            Sums& sums) {
    for (int k = 0; k < blockKeys; ++k) {
        sums.mass[k] += s.added[k];
        sums.massSquared[k] += s.added[k] * s.added[k];
        const std::int32_t hit = s.mean[k] * visible >= hitShare ? 1 : 0;
        sums.hits[k] += hit;
        sums.lastQuery[k] = hit ? query + 1 : sums.lastQuery[k];
    }
}

[[gnu::always_inline]] inline void offerTop(const Scratch& s, int firstKey, int keys,
                                            TopList& list) {
    constexpr int lanes = 16;
    float sum[lanes] = {}, most[lanes] = {};
    for (int from = 0; from < blockKeys; from += lanes)
        for (int l = 0; l < lanes; ++l) {
            sum[l] += s.mean[from + l];
            most[l] = s.mean[from + l] > most[l] ? s.mean[from + l] : most[l];
        }
    float total = 0, largest = 0;
    for (int l = 0; l < lanes; ++l) {
        total += sum[l];
        largest = most[l] > largest ? most[l] : largest;
    }
    list.total += total;
    if (largest <= list.weight[kept - 1])
        return;
    for (int k = 0; k < keys; ++k)
        if (s.mean[k] > 0)
            list.offer(s.mean[k], firstKey + k);
}

template <int Lanes, int Rows>
[[gnu::always_inline]] inline void runSegment(const UsagePass& p, const std::int32_t* visible,
                                              KeySegment& segment, UsageDelta& delta) {
    Scratch s;
    s.reserve(p);
    for (int from = 0; from < segment.keys; from += blockKeys) {
        const int firstKey = segment.firstKey + from;
        const int keys = std::min(blockKeys, segment.keys - from);
        loadBlock(p, segment.head, firstKey, keys, s);
        Sums sums = {};
        for (int query = 0; query < p.queries; query += blockQueries) {
            const int count = std::min(blockQueries, p.queries - query);
            scoreQueries<Lanes, Rows>(p, segment.head, query, count, s);
            for (int j = 0; j < count; ++j) {
                reduceGroup(p, segment.head, query + j, firstKey, keys,
                            s.scores.data() + std::size_t(j) * p.group * blockKeys, s);
                addQuery(s, query + j,
                         float(visible[std::size_t(segment.head) * p.queries + query + j]), sums);
                if (p.top)
                    offerTop(s, firstKey, keys, segment.top[query + j]);
            }
        }
        const std::size_t to = std::size_t(segment.head) * p.entries + firstKey;
        std::copy_n(s.mean, keys, delta.lastWeight.begin() + to); // as the last query left it
        std::copy_n(sums.mass, keys, delta.mass.begin() + to);
        std::copy_n(sums.massSquared, keys, delta.massSquared.begin() + to);
        std::copy_n(sums.hits, keys, delta.hits.begin() + to);
        std::copy_n(sums.lastQuery, keys, delta.lastQuery.begin() + to);
    }
}

using RunSegment = void (*)(const UsagePass&, const std::int32_t*, KeySegment&, UsageDelta&);

__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma"))) void
runSegment512(const UsagePass& p, const std::int32_t* visible, KeySegment& s, UsageDelta& d) {
    runSegment<16, 6>(p, visible, s, d);
}
__attribute__((target("avx2,fma"))) void
runSegment256(const UsagePass& p, const std::int32_t* visible, KeySegment& s, UsageDelta& d) {
    runSegment<8, 3>(p, visible, s, d);
}
void runSegment128(const UsagePass& p, const std::int32_t* visible, KeySegment& s, UsageDelta& d) {
    runSegment<4, 3>(p, visible, s, d);
}

RunSegment fastest() {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return runSegment512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return runSegment256;
    return runSegment128;
}

std::vector<KeySegment> segmentsOf(const UsagePass& p) {
    std::vector<KeySegment> segments;
    for (int head = 0; head < p.heads; ++head)
        for (int key = 0; key < p.entries; key += segmentKeys) {
            KeySegment segment{head, key, std::min(segmentKeys, p.entries - key), {}};
            if (p.top) {
                segment.top.resize(p.queries);
                for (TopList& list : segment.top)
                    list.clear();
            }
            segments.push_back(std::move(segment));
        }
    return segments;
}

// The segments' lists of one head become one list a query; segments come in ascending slots.
void mergeTop(const UsagePass& p, const std::vector<KeySegment>& segments, TopAttention& top) {
    const std::size_t rows = std::size_t(p.heads) * p.queries;
    top.positions.assign(rows * kept, noPosition);
    top.weights.assign(rows * kept, 0);
    top.rest.assign(rows, 0);
    for (std::size_t row = 0; row < rows; ++row) {
        const int head = int(row / p.queries), query = int(row % p.queries);
        TopList all;
        all.clear();
        for (const KeySegment& segment : segments) {
            if (segment.head != head)
                continue;
            const TopList& list = segment.top[query];
            all.total += list.total;
            for (int i = 0; i < kept && list.slot[i] >= 0; ++i)
                all.offer(list.weight[i], list.slot[i]);
        }
        double rest = all.total;
        const std::int32_t* position = p.position + head * p.positionHeadStride;
        for (int i = 0; i < kept && all.slot[i] >= 0; ++i) {
            top.positions[row * kept + i] = position[all.slot[i]];
            top.weights[row * kept + i] = all.weight[i];
            rest -= all.weight[i];
        }
        top.rest[row] = float(std::max(0.0, rest));
    }
}

} // namespace

std::vector<std::int32_t> visibleEntries(const UsagePass& p) {
    std::vector<std::int32_t> counts(std::size_t(p.heads) * p.queries, p.entries);
    if (!p.causal)
        return counts;
    for (int head = 0; head < p.heads; ++head) {
        std::int32_t* of = counts.data() + std::size_t(head) * p.queries;
        std::fill_n(of, p.queries, 0);
        std::int32_t before = 0; // residents that every query sees
        for (int key = 0; key < p.entries; ++key) {
            const std::int32_t at = p.position[head * p.positionHeadStride + key] - p.firstQuery;
            if (at <= 0)
                ++before;
            else if (at < p.queries)
                ++of[at];
        }
        for (int query = 0; query < p.queries; ++query)
            of[query] = before += of[query];
    }
    return counts;
}

void runUsagePass(const UsagePass& pass, ParallelFor parallel, UsageDelta& delta,
                  TopAttention& top) {
    static const RunSegment run = fastest();
    const std::vector<std::int32_t> visible = visibleEntries(pass);
    std::vector<KeySegment> segments = segmentsOf(pass);
    struct Context {
        const UsagePass& pass;
        const std::int32_t* visible;
        std::vector<KeySegment>& segments;
        UsageDelta& delta;
    } context{pass, visible.data(), segments, delta};
    parallel(
        std::int64_t(segments.size()),
        [](void* c, std::int64_t i) {
            auto* context = static_cast<Context*>(c);
            run(context->pass, context->visible, context->segments[i], context->delta);
        },
        &context);
    if (pass.top)
        mergeTop(pass, segments, top);
}

} // namespace attendre
