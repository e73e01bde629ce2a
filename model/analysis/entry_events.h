#pragma once

#include "model/analysis/eviction_reason.h"
#include "model/trace/reader.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace attendre {

// How one entry stood at the end of one step, as far as it was recorded.
struct EntrySample {
    int step = 0;
    std::optional<std::uint32_t> hits, lastTick;
    std::optional<float> lastMass;
    // Its place in the ranking that the next step's eviction uses: 0 goes first; -1: protected.
    int place = -1;
    int candidates = 0, victims = 0; // in that ranking; victims 0: nothing has to go
    bool near = false;               // within the margin behind the cut
};

// From a head's state at the end of a step; next are the rules of the eviction that follows.
// Nothing when the entry is not resident.
std::optional<EntrySample> sampleEntry(const HeadState& state, int step, std::int32_t position,
                                       const EvictionRules& next);

// Something that happened to an entry.
struct EntryEvent {
    enum class Kind : std::uint8_t { Inserted, Attended, NearlyEvicted, Evicted };
    int step = 0;
    Kind kind = Kind::Inserted;
    int hits = 0;                // Attended: new hits, 0 where only the tick is recorded
    int place = -1, victims = 0; // NearlyEvicted: its place and where the cut was

    bool operator==(const EntryEvent&) const = default;
};

// In order of steps. samples: in order of steps, not necessarily all of them; what happened between
// two samples is dated to the later one.
std::vector<EntryEvent> entryEvents(const Life& life, const std::vector<EntrySample>& samples);

// count steps (or all, if there are fewer) from first to last, inclusive and evenly spread.
std::vector<int> spreadSteps(int first, int last, int count);

} // namespace attendre
