#pragma once

#include "model/trace/cancel.h"
#include "model/trace/reader.h"

#include <vector>

namespace attendre {

// What came of an eviction: how much the entry would have been attended to, had it alone stayed.
// The regrets of several evictions do not add up: had one stayed, it would have taken attention
// from the others too.
struct EvictionRegret {
    std::int32_t position = 0, evictedStep = 0;
    double mass = 0; // over the queries answered since, each the mean over the group's heads
    // The squared change of the outputs of the same queries, over the group's heads.
    double outputChange = 0;
};

// What one K/V head of a run lost, as its archive tells after the run.
struct HeadLosses {
    std::vector<EvictionRegret> regrets; // by position
    // Per step: of the attention over the whole input, the share on keys that had not arrived when
    // the step's queries were answered; the mean over the sample of docs/pipeline.md and the
    // group's heads. 0 in causal mode, NaN where nothing was answered.
    std::vector<float> lookahead;
};

// Errors: the run has no archive of keys, values and queries, did not reach the input's end, has
// relative positions (an entry that stays would move all others) or attended to its top k entries
// only.
Result<void> checkLosses(const RunInfo& run);

// Errors: those of checkLosses(); damaged bytes; it was cancelled.
Result<HeadLosses> lossesOf(Reader& reader, const RunInfo& run, int layer, int head,
                            const Progress& progress, const Cancel& cancel);

} // namespace attendre
