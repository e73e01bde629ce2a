#pragma once

#include "model/analysis/eviction_reason.h"
#include "model/analysis/run_divergence.h"

#include <optional>

namespace attendre {

// How an entry stood when a run chose its victims in one step.
struct EntryStanding {
    int step = -1; // whose eviction it is; -1: the run had no step before
    bool ranked = false;
    ProtectedBy protection = ProtectedBy::None; // why it was not ranked; None: it had only come
    bool victim = false;
    // Nothing where the ranks were drawn anew in that step, of which only the victims' are kept.
    std::optional<double> rank;
    std::optional<double> cut; // the first survivor's rank: below it an entry goes
    int place = -1;            // 0 goes first; -1: not ranked
    int candidates = 0, victims = 0;
};

// An entry that one run evicted and the other kept, as it stood in both.
struct PartedEntry {
    std::int32_t position = noPosition;
    EntryStanding a, b;
};

// Where the runs part in one layer and head, by entries: of several the oldest.
struct Parting {
    HeadDivergence at;
    std::optional<PartedEntry> leftA; // A evicted it, B keeps it
    std::optional<PartedEntry> leftB; // the other way round
};

// at: a head that parts. Errors: unreadable.
Result<Parting> partedEntries(const ComparedRuns& runs, const HeadDivergence& at);

} // namespace attendre
