#pragma once

#include "model/analysis/compared_runs.h"

#include <vector>

namespace attendre {

// Which of two memories holds an entry.
enum class Kept : std::uint8_t { Both, OnlyA, OnlyB, Neither };

// The positions that have come to a layer, by who of two runs holds them in one head.
struct KeptSets {
    std::vector<Kept> kept; // by position
    int both = 0, onlyA = 0, onlyB = 0, neither = 0;

    // Those of one class, ascending.
    std::vector<std::int32_t> of(Kept which) const;
};

// At the ends of the given steps; a step of -1: before the run's first, when it holds nothing.
// Errors: the steps, the layer or the head are not recorded.
Result<KeptSets> keptSets(const ComparedRuns& runs, int stepA, int stepB, int layer, int head);

// The slots' positions of one head at the end of a step, ascending; none at step -1.
Result<std::vector<std::int32_t>> residents(const ComparedReading& reading, int step, int layer,
                                            int head);

} // namespace attendre
