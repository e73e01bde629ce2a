#include "model/replay/layer_replay.h"

#include "model/memory/eviction.h"
#include "model/memory/first_pass.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace attendre {

namespace {

// Layers run beside each other, so each runs alone.
void oneAfterTheOther(std::int64_t count, void (*f)(void*, std::int64_t), void* context) {
    for (std::int64_t i = 0; i < count; ++i)
        f(context, i);
}

} // namespace

GroupSum groupSumOf(const QString& word) {
    return word == QStringLiteral("max")   ? GroupSum::Max
           : word == QStringLiteral("sum") ? GroupSum::Sum
                                           : GroupSum::Mean;
}

LayerReplay::LayerReplay(ReplayRules rules)
    : m_rules(std::move(rules)), m_columns(m_rules.heads, m_rules.capacity) {
    const std::size_t size =
        std::size_t(m_rules.heads) * std::size_t(m_rules.capacity) * std::size_t(m_rules.dimension);
    m_keys.resize(size);
    if (m_rules.relative) {
        m_plainKeys.resize(size);
        m_rankedKeys.resize(size);
    }
}

void LayerReplay::step(const LayerShare& share, const FrozenStep& frozen, LayerRecord& record) {
    const int room = m_rules.capacity - m_columns.occupancy;
    record = LayerRecord();
    evict(std::max(0, share.arrived - room), share.firstPosition, record);
    insert(frozen.arrivals, record);
    retrieve(share, frozen.logSumExp, record);
    recordState(share, record);
    ++m_step;
}

const std::vector<double>& LayerReplay::ranks() {
    if (!m_ranks.empty())
        return m_ranks;
    const RankContext context{m_tick, m_rules.seed};
    if (m_rules.heads > 1 || m_rules.firstHead == 0) {
        m_ranks = rankResidents(m_columns, m_rules.layer, m_rules.ranking.rank, context,
                                m_rules.perLayer);
        return m_ranks;
    }
    HeadColumns alone = headColumns(m_columns, m_rules.layer, 0);
    alone.head = m_rules.firstHead;
    m_ranks.resize(std::size_t(m_columns.occupancy));
    m_rules.ranking.rank(alone, context, m_ranks);
    return m_ranks;
}

void LayerReplay::evict(int count, std::int32_t firstArrival, LayerRecord& record) {
    record.evicted = count;
    const std::size_t n = std::size_t(m_columns.occupancy);
    for (int head = 0; head < m_rules.heads && count > 0; ++head) {
        const auto position = std::span(m_columns.position)
                                  .subspan(std::size_t(head) * std::size_t(m_rules.capacity), n);
        const auto rank = std::span(ranks()).subspan(std::size_t(head) * n, n);
        for (const std::int32_t slot :
             chooseVictims(position, rank, count,
                           protectionIn(m_rules.protection, m_rules.interventions, m_step,
                                        m_rules.layer, m_rules.firstHead + head),
                           firstArrival)) {
            record.victimSlots.push_back(slot);
            record.victimPositions.push_back(position[std::size_t(slot)]);
            record.victimRanks.push_back(rank[std::size_t(slot)]);
        }
    }
}

// Free slots first, ascending, then the victims'.
void LayerReplay::insert(const FrozenRows& arrivals, const LayerRecord& record) {
    const int d = m_rules.dimension;
    const int free = std::min(arrivals.count, m_rules.capacity - m_columns.occupancy);
    for (int i = 0; i < arrivals.count; ++i) {
        const Angles angles = anglesOf(arrivals.first + i);
        for (int head = 0; head < m_rules.heads; ++head) {
            const int slot =
                i < free ? m_columns.occupancy + i
                         : record.victimSlots[std::size_t(head * record.evicted + i - free)];
            m_columns.insert(head, slot, arrivals.first + i);
            const float* key = arrivals.key + (std::ptrdiff_t(i) * m_rules.heads + head) * d;
            const std::ptrdiff_t to = (std::ptrdiff_t(head) * m_rules.capacity + slot) * d;
            turn(key, angles, m_keys.data() + to);
            if (m_rules.relative)
                std::copy_n(key, d, m_plainKeys.begin() + to);
        }
    }
    m_columns.occupancy += free;
    m_tick += arrivals.count;
    const std::ptrdiff_t queryRow = std::ptrdiff_t(m_rules.heads) * m_rules.group * d;
    m_waiting.insert(m_waiting.end(), arrivals.query, arrivals.query + arrivals.count * queryRow);
    m_ranks.clear();
}

LayerReplay::Angles LayerReplay::anglesOf(std::int64_t position) const {
    const auto& frequencies = m_rules.attention.frequencies;
    Angles angles;
    angles.reserve(2 * frequencies.size());
    for (const double frequency : frequencies)
        angles.push_back(float(std::cos(double(position) * frequency)));
    for (const double frequency : frequencies)
        angles.push_back(float(std::sin(double(position) * frequency)));
    return angles;
}

// Pairs are (d, d + D/2).
void LayerReplay::turn(const float* from, const Angles& angles, float* to) const {
    const std::size_t half = angles.size() / 2;
    if (half == 0) {
        std::copy_n(from, m_rules.dimension, to);
        return;
    }
    for (std::size_t i = 0; i < half; ++i) {
        const float cosine = angles[i], sine = angles[half + i];
        to[i] = from[i] * cosine - from[half + i] * sine;
        to[half + i] = from[half + i] * cosine + from[i] * sine;
    }
}

UsagePass LayerReplay::pass(const LayerShare& share) const {
    UsagePass p;
    p.heads = m_rules.heads;
    p.group = m_rules.group;
    p.dimension = m_rules.dimension;
    p.queries = share.answered;
    p.entries = m_columns.occupancy;
    p.query = m_queries.data();
    p.key = m_keys.data();
    p.keyHeadStride = std::ptrdiff_t(m_rules.capacity) * m_rules.dimension;
    p.bias = m_bias.empty() ? nullptr : m_bias.data();
    p.position = m_columns.position.data();
    p.positionHeadStride = m_rules.capacity;
    p.firstQuery = share.firstAnswered;
    p.causal = m_rules.causal;
    p.scale = float(m_rules.attention.scale);
    p.groupSum = m_rules.groupSum;
    p.top = m_rules.top;
    return p;
}

// The oldest waiting queries, at their own positions or, for each K/V head, at the number of its
// residents before them.
void LayerReplay::turnQueries(const LayerShare& share, bool relative) {
    const int d = m_rules.dimension, m = share.answered, queryHeads = m_rules.heads * m_rules.group;
    m_queries.resize(std::size_t(queryHeads) * std::size_t(m) * std::size_t(d));
    for (int head = 0; head < m_rules.heads; ++head) {
        const auto from = m_columns.position.begin() + std::ptrdiff_t(head) * m_rules.capacity;
        std::vector<std::int32_t> sorted;
        if (relative) {
            sorted.assign(from, from + m_columns.occupancy);
            std::sort(sorted.begin(), sorted.end());
        }
        for (int j = 0; j < m; ++j) {
            const std::int32_t own = share.firstAnswered + j;
            const Angles angles = anglesOf(
                relative ? std::lower_bound(sorted.begin(), sorted.end(), own) - sorted.begin()
                         : std::ptrdiff_t(own));
            for (int member = 0; member < m_rules.group; ++member) {
                const std::ptrdiff_t of = head * m_rules.group + member;
                turn(m_waiting.data() + (std::ptrdiff_t(j) * queryHeads + of) * d, angles,
                     m_queries.data() + (of * m + j) * d);
            }
        }
    }
}

void LayerReplay::turnKeysByRank() {
    const int n = m_columns.occupancy, d = m_rules.dimension;
    std::vector<Angles> angles;
    for (int i = 0; i < n; ++i)
        angles.push_back(anglesOf(i));
    std::vector<std::int32_t> order(std::size_t(n), 0);
    for (int head = 0; head < m_rules.heads; ++head) {
        const std::ptrdiff_t from = std::ptrdiff_t(head) * m_rules.capacity;
        const std::int32_t* position = m_columns.position.data() + from;
        std::iota(order.begin(), order.end(), 0);
        std::sort(order.begin(), order.end(),
                  [&](std::int32_t a, std::int32_t b) { return position[a] < position[b]; });
        for (int i = 0; i < n; ++i) {
            const std::ptrdiff_t at = (from + order[std::size_t(i)]) * d;
            turn(m_plainKeys.data() + at, angles[std::size_t(i)], m_rankedKeys.data() + at);
        }
    }
}

void LayerReplay::makeBias(const LayerShare& share) {
    const ArchivedAttention& a = m_rules.attention;
    if (a.bias.empty())
        return;
    const int n = m_columns.occupancy, m = share.answered, span = 2 * a.reach + 1;
    m_bias.resize(std::size_t(m_rules.heads * m_rules.group) * std::size_t(m) * std::size_t(n));
    float* to = m_bias.data();
    for (int of = 0; of < m_rules.heads * m_rules.group; ++of) {
        const std::int32_t* position =
            m_columns.position.data() + std::ptrdiff_t(of / m_rules.group) * m_rules.capacity;
        const float* table =
            a.bias.data() + std::ptrdiff_t(m_rules.firstHead * m_rules.group + of) * span;
        for (int j = 0; j < m; ++j)
            for (int k = 0; k < n; ++k)
                *to++ = table[position[k] - (share.firstAnswered + j) + a.reach];
    }
}

void LayerReplay::retrieve(const LayerShare& share, const float* seen, LayerRecord& record) {
    UsageDelta delta(m_rules.heads, m_columns.occupancy);
    if (share.answered > 0) {
        std::vector<float> logSumExp;
        makeBias(share);
        turnQueries(share, false);
        runFirstPass(pass(share), oneAfterTheOther, logSumExp);
        measure(share, logSumExp, seen, record);
        UsagePass second = pass(share);
        if (m_rules.relative) {
            turnQueries(share, true);
            turnKeysByRank();
            second = pass(share);
            second.key = m_rankedKeys.data();
            runFirstPass(second, oneAfterTheOther, logSumExp);
        }
        second.logSumExp = logSumExp.data();
        runUsagePass(second, oneAfterTheOther, delta, record.attention);
        const std::ptrdiff_t queryRow =
            std::ptrdiff_t(m_rules.heads) * m_rules.group * m_rules.dimension;
        m_waiting.erase(m_waiting.begin(), m_waiting.begin() + share.answered * queryRow);
    }
    const double decay =
        m_rules.halfLife > 0 ? std::exp2(-double(share.arrived) / m_rules.halfLife) : 1;
    addUsage(m_columns, delta, m_tick, share.answered, decay);
    m_ranks.clear();
}

// At their original positions the residents' scores are those of the recorded run, so the share of
// its attention that they get is the ratio of the two sums.
void LayerReplay::measure(const LayerShare& share, const std::vector<float>& logSumExp,
                          const float* seen, LayerRecord& record) const {
    const int m = share.answered, queryHeads = m_rules.heads * m_rules.group;
    record.seen.assign(std::size_t(m_rules.heads), SeenNumbers());
    for (int head = 0; head < m_rules.heads; ++head) {
        double kept = 0;
        for (int member = 0; member < m_rules.group; ++member)
            for (int j = 0; j < m; ++j) {
                const int of = head * m_rules.group + member;
                const double memory =
                    double(logSumExp[std::size_t(of) * std::size_t(m) + std::size_t(j)]);
                kept += std::min(1.0, std::exp(memory - double(seen[j * queryHeads + of])));
            }
        record.seen[std::size_t(head)].coverage = float(kept / (m_rules.group * m));
    }
}

void LayerReplay::recordState(const LayerShare& share, LayerRecord& record) {
    record.layer = m_rules.layer;
    record.capacity = m_rules.capacity;
    record.firstPosition = share.firstPosition;
    record.arrived = share.arrived;
    record.firstAnswered = share.firstAnswered;
    record.answered = share.answered;
    record.waiting = share.waiting;
    record.occupancy = m_columns.occupancy;
    record.tick = m_tick;
    recordColumns(m_columns, ranks(), record);
}

} // namespace attendre
