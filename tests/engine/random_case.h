#pragma once

#include "model/trace/configuration.h"
#include "tests/engine/random_network.h"
#include "tests/engine/slow_pipeline.h"

namespace attendre::slow {

// One configuration to try: a network, an input and what is asked of the pipeline.
struct Case {
    NetworkRecipe network;
    int tokens = 1;
    std::uint64_t inputSeed = 0;
    Configuration configuration;

    QString text() const;
    std::vector<int> ids() const;
};

// Any configuration, also one that is to be refused.
Case anyCase(std::uint64_t seed);
// Whether the specification allows it: s + pins + r + C <= M in every layer that can overflow.
bool valid(const Case& tried);
// Valid configurations of every policy and option; the memory overflows in most of them.
Case randomCase(std::uint64_t seed);

// The specification's own defaults of s and r for a policy.
int defaultSinks();
int defaultRecent(const QString& policy, int memory, int chunk);
// The slow pipeline's options for a case.
Options options(const Case& tried);

// Smaller or plainer cases than this one that are still valid, the largest leap first.
std::vector<Case> simpler(const Case& tried);

} // namespace attendre::slow
