#pragma once

#include "model/analysis/compared_runs.h"

#include <vector>

namespace attendre {

// What one query gave one entry in each of two runs.
struct WeightDifference {
    std::int32_t query = 0, position = 0;
    // NaN: not among the run's eight highest. Then it is at most that run's bound: the lowest of
    // the eight, and no more than all others have together; 0 where the run does not hold the
    // entry.
    float a = 0, b = 0;
    float boundA = 0, boundB = 0;

    // The weight in A less that in B; where one is not known, the least that the difference is, of
    // its sign: what only one has counts as that much more than the other's bound.
    double difference() const;
    bool exact() const; // both known, or the unknown one 0
};

struct AttentionDifference {
    bool recordedA = false, recordedB = false; // at full detail
    std::vector<std::int32_t> queries;         // answered in both steps, ascending
    std::vector<std::int32_t> positions;       // in either's top 8 of any of them, ascending
    std::vector<WeightDifference> weights;     // by query, then position
    double largest = 0;                        // the largest size of a difference
};

// Of one layer and head, at the given steps; step -1: that run has not begun. Errors: not recorded,
// unreadable.
Result<AttentionDifference> attentionDifference(const ComparedRuns& runs, int stepA, int stepB,
                                                int layer, int head);

} // namespace attendre
