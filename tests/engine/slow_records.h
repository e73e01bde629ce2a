#pragma once

#include "model/trace/step_record.h"
#include "tests/engine/slow_pipeline.h"

#include <vector>

namespace attendre::slow {

// The slow pipeline's run in the engine's words, for checks that read step records.
std::vector<StepRecord> recordsOf(const Run& run, const Options& options);

} // namespace attendre::slow
