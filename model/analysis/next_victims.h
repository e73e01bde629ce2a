#pragma once

#include "model/trace/intervention.h"
#include "model/trace/reader.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace attendre {

// What a run protects from eviction, apart from ranking (SPEC.md, Policies).
struct ProtectedPositions {
    int sinks = 0;                         // s: the first positions
    int recent = 0;                        // r: the latest arrivals before the step
    std::vector<std::pair<int, int>> pins; // positions, inclusive
    ChangedEntries changed = {};           // by a person, in the step that evicts

    // arrived: the number of positions that have come before the step that evicts.
    bool covers(std::int32_t position, std::int32_t arrived) const;
};
// step: the one that evicts.
ProtectedPositions protectedPositions(const RunInfo& run, int step, int layer, int head);

// How many entries per head a step has to evict: what of its arrivals in the layer finds no free
// slot (model/analysis/next_step.h says how many come).
int overflow(int capacity, int occupancy, int arriving);

// The slots of the next count victims, the first to go first: what a person drops, then lowest
// rank, ties to the older insertion, among the unprotected residents. Exact for every policy whose
// rank does not change between two steps, which are all but random and future.
std::vector<int> nextVictims(const HeadState& state, const ProtectedPositions& protection,
                             std::int32_t arrived, int count);

} // namespace attendre
