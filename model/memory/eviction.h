#pragma once

#include "model/memory/policy.h"
#include "model/trace/intervention.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace attendre {

// What may not be evicted, whatever its rank.
struct Protection {
    int sinks = 0;                         // the first s positions
    int recent = 0;                        // the r latest arrivals before this step
    std::vector<std::pair<int, int>> pins; // first and last position, inclusive
    ChangedEntries changed = {};           // by a person, in this step and head

    // firstArrival: the position of this step's first arrival.
    bool covers(std::int32_t position, std::int32_t firstArrival) const;
};

// The slots of one head's `count` victims, ascending: first what a person drops, then the lowest
// ranks among the unprotected residents; of equal ranks the older insertion. position, rank:
// [occupancy]. Fewer where so many are protected that count cannot be reached.
std::vector<std::int32_t> chooseVictims(std::span<const std::int32_t> position,
                                        std::span<const double> rank, int count,
                                        const Protection& protection, std::int32_t firstArrival);

// Ranks of every resident of one layer, [G][occupancy]. With one decision per layer each head's
// rank is the mean over the heads. A rank that is not a number becomes minus infinity.
std::vector<double> rankResidents(const EntryColumns& columns, int layer, const RankFunction& rank,
                                  const RankContext& context, bool perLayer);

// The protection of one head in one step: with what a person changes there.
Protection protectionIn(const Protection& protection,
                        const std::vector<Intervention>& interventions, int step, int layer,
                        int head);

} // namespace attendre
