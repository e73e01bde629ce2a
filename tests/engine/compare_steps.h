#pragma once

#include "model/trace/step_record.h"
#include "tests/engine/slow_pipeline.h"

#include <QString>

#include <optional>

namespace attendre::slow {

struct Tolerance {
    double relative = 1e-9; // of ranks that are whole numbers or their means, and lots
    double single = 2e-6;   // of what is kept in single precision: masses, ranks by them, weights
};

// The first disagreement between the engine's record of a step and the slow pipeline's, entry by
// entry, slot by slot and victim by victim; nothing where they agree.
std::optional<QString> disagreement(const StepRecord& engine, const Step& slow,
                                    const Options& options, Tolerance tolerance);

} // namespace attendre::slow
