#pragma once

#include "model/trace/reader.h"

#include <vector>

namespace attendre {

// What the step after a given one brings, in counts: what it is follows from what is left to read
// and from who waits.
struct NextStep {
    StepKind kind = StepKind::Chunk;
    std::vector<int> arriving; // [layers]: keys that come to each layer; all 0 when the run is over
    bool over = false;         // everything was read and every query answered
};

// layers: those of the given step, ascending. A chunk of what is not read yet, the last one
// shorter; then the rounds of the flush, in which nothing comes to the lowest layer where queries
// wait.
NextStep nextStep(const RunInfo& run, const std::vector<LayerStepInfo>& layers);

} // namespace attendre
