#pragma once

#include "model/trace/intervention.h"
#include "model/trace/reader.h"

#include <QString>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace attendre {

// What keeps an entry out of the ranking.
enum class ProtectedBy : std::uint8_t { None, Sink, Recent, Pin, Change };

// One resident entry before a step's eviction.
struct Candidate {
    std::int32_t position = noPosition;
    std::int32_t slot = -1;
    double rank = 0;
    bool victim = false;  // would be, or was, evicted
    bool dropped = false; // by a person: before all others, whatever its rank
};
struct ProtectedEntry {
    std::int32_t position = noPosition;
    std::int32_t slot = -1;
    ProtectedBy by = ProtectedBy::None;
};

// What decides who may be evicted in a step, and how many must go.
struct EvictionRules {
    int sinks = 0;                         // s: the first s positions
    int recent = 0;                        // r: the latest r arrivals before the step
    std::vector<std::pair<int, int>> pins; // first and last position, inclusive
    ChangedEntries changed = {};           // by a person, in this step and head
    std::int32_t firstArrival = 0;         // position of the step's first arrival
    std::int32_t arriving = 0;             // its arrivals
    std::int32_t capacity = 0;             // M
};
// place: of the step that evicts.
struct EvictionPlace {
    int step = 0, layer = 0, head = 0;
};
EvictionRules evictionRules(const RunInfo& run, const EvictionPlace& place,
                            std::int32_t firstArrival, std::int32_t arriving);

// The ranking of one layer and head in one step: who stood where, and where the cut fell.
struct EvictionRanking {
    std::vector<Candidate> candidates; // lowest rank first; among equals the older insertion first
    std::vector<ProtectedEntry> shielded; // in order of position
    int victims = 0;                      // how many of the candidates go: the first ones

    bool cut() const { return victims > 0 && victims < int(candidates.size()); }
    const Candidate* lastVictim() const;
    const Candidate* firstSurvivor() const;
    // The first survivor's rank less the last victim's: how close the decision was.
    double margin() const;
    // 0-based; -1 when the entry is not a candidate.
    int placeOf(std::int32_t position) const;
    ProtectedBy protectionOf(std::int32_t position) const;
};

// Before a step's eviction: before is the head's state at the end of the step before, whose ranks
// are those that decide (eviction comes before retrieval). Entries are inserted in order of
// position, so that a smaller position is the older insertion.
EvictionRanking rankCandidates(const HeadState& before, const EvictionRules& rules);

// Puts what was recorded in place of what follows from the state: a policy that draws its ranks
// anew in each step (Random) leaves no trace of them in the state. True when both agree.
bool applyRecorded(EvictionRanking& ranking, const std::vector<Eviction>& recorded);

// Near the cut: a survivor whose place is among the next share of the candidates (at least one).
bool nearlyEvicted(const EvictionRanking& ranking, int place, double share = 0.05);

// What would have kept a victim (or lost a survivor): plain numbers; the words are the view's.
struct WayOut {
    // How much the rank would have to rise to pass the first survivor's; at equal ranks an entry
    // older than it needs more than the difference. Nothing when the cut is not in the ranking, or
    // an infinite rank is at it.
    std::optional<double> rankNeeded;
    bool orMore = true; // false: it needs strictly more than rankNeeded
    // The smallest r that would have protected it; nothing where s + pins + r + C would exceed M.
    std::optional<int> recentNeeded;
    // The smallest M at which it would have stayed in this step, all else being equal.
    std::optional<int> memoryNeeded;
};
WayOut wayOut(const EvictionRanking& ranking, const EvictionRules& rules, std::int32_t position);

} // namespace attendre
