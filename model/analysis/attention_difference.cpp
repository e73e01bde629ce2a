#include "model/analysis/attention_difference.h"

#include "model/analysis/kept_sets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace attendre {

namespace {

constexpr std::size_t keptWeights = 8; // of each query in a trace

// One run's step: its queries' weights, and what its memory holds.
struct Side {
    std::map<std::int32_t, QueryAttention> queries;
    std::vector<std::int32_t> held; // ascending
    bool recorded = false;

    // The most that a weight outside the top can be.
    float bound(const QueryAttention& query, std::int32_t position) const {
        if (query.top.size() < keptWeights ||
            !std::binary_search(held.begin(), held.end(), position))
            return 0;
        return std::min(query.top.back().weight, query.rest);
    }
};

Result<Side> sideOf(const ComparedReading& reading, int step, int layer, int head) {
    Side side;
    side.recorded = reading.run.configuration.asked.detail == QLatin1String("full");
    if (step < 0)
        return side;
    auto held = residents(reading, step, layer, head);
    if (!held)
        return held.error();
    side.held = held.take();
    const auto queries = reading.reader->attention(reading.run.run, step, layer, head);
    if (!queries)
        return queries.error();
    for (const QueryAttention& query : *queries)
        side.queries[query.queryPosition] = query;
    return side;
}

float weightOf(const QueryAttention& query, std::int32_t position) {
    for (const AttendedEntry& entry : query.top)
        if (entry.position == position)
            return entry.weight;
    return std::numeric_limits<float>::quiet_NaN();
}

} // namespace

double WeightDifference::difference() const {
    if (!std::isnan(a) && !std::isnan(b))
        return double(a) - double(b);
    if (std::isnan(b))
        return std::max(0.0, double(a) - double(boundB));
    return -std::max(0.0, double(b) - double(boundA));
}

bool WeightDifference::exact() const {
    return (!std::isnan(a) || boundA == 0) && (!std::isnan(b) || boundB == 0);
}

Result<AttentionDifference> attentionDifference(const ComparedRuns& runs, int stepA, int stepB,
                                                int layer, int head) {
    const auto a = sideOf(runs.a, stepA, layer, head);
    if (!a)
        return a.error();
    const auto b = sideOf(runs.b, stepB, layer, head);
    if (!b)
        return b.error();
    AttentionDifference found;
    found.recordedA = a->recorded;
    found.recordedB = b->recorded;
    std::set<std::int32_t> read;
    for (const auto& [position, inA] : a->queries) {
        const auto inB = b->queries.find(position);
        if (inB == b->queries.end())
            continue;
        found.queries.push_back(position);
        std::set<std::int32_t> either;
        for (const QueryAttention* query : {&inA, &inB->second})
            for (const AttendedEntry& entry : query->top)
                either.insert(entry.position);
        for (const std::int32_t entry : either) {
            const WeightDifference weight{position,
                                          entry,
                                          weightOf(inA, entry),
                                          weightOf(inB->second, entry),
                                          a->bound(inA, entry),
                                          b->bound(inB->second, entry)};
            found.largest = std::max(found.largest, std::abs(weight.difference()));
            found.weights.push_back(weight);
        }
        read.insert(either.begin(), either.end());
    }
    found.positions.assign(read.begin(), read.end());
    return found;
}

} // namespace attendre
