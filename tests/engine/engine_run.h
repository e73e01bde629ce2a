#pragma once

#include "model/engine/engine.h"

#include <vector>

namespace attendre::slow {

struct Recorded {
    ResolvedConfiguration configuration;
    std::vector<StepRecord> steps;

    // nll of tokens 1 to T - 1; empty, with a warning, unless each was given exactly once.
    std::vector<float> nll(int tokens) const;
};

Result<std::shared_ptr<attendre::Network>> loadModel(Engine& engine, const QString& path,
                                                     const QString& dtype);

// Every step of one run.
Result<Recorded> record(attendre::Network& network, const Configuration& configuration,
                        const std::vector<int>& ids, const StepWants& wants);

} // namespace attendre::slow
