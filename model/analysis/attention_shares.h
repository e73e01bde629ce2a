#pragma once

#include "model/trace/reader.h"

#include <cstdint>
#include <map>
#include <vector>

namespace attendre {

// Where the attention of one query, or of one step, went. The parts add up to 1 (or to what the
// recorded weights add up to).
struct AttentionShares {
    double sink = 0;   // on the first positions
    double recent = 0; // on the C latest arrivals before this step
    double chunk = 0;  // on this step's own arrivals
    double kept = 0;   // on older entries, which the memory has kept
    double beyond = 0; // on entries outside the recorded top 8: where is not recorded
};

// Where the parts begin. The number of sinks is that of the trace's own shares (positions 0 to 3).
struct AttentionRegions {
    std::int32_t sinks = 4;
    std::int32_t firstArrival = 0; // of the step
    std::int32_t chunk = 0;        // C
};

AttentionShares sharesOf(const QueryAttention& query, const AttentionRegions& regions);
// From the exact shares that are kept for every step and head.
AttentionShares sharesOf(const HeadStepInfo& step);

// The mean over heads, query by query. The heads answer the same queries. An entry that is not
// among a head's top 8 counts 0 there: its weight is then in that head's rest.
std::vector<QueryAttention> meanOverHeads(const std::vector<std::vector<QueryAttention>>& heads);

// The mass per entry among the recorded weights, by position.
std::map<std::int32_t, double> massByEntry(const std::vector<QueryAttention>& queries);

} // namespace attendre
