#pragma once

#include "model/memory/entry_columns.h"
#include "model/trace/configuration.h"

#include <span>
#include <vector>

namespace attendre {

// What a rank may depend on beside the columns.
struct RankContext {
    std::int64_t tick = 0; // the layer's clock when the rank is drawn: A at the end of a step
    quint64 seed = 0;
};

// Fills rank[i] for every resident of one head; the lowest are evicted first.
using RankFunction = void (*)(const HeadColumns& columns, const RankContext& context,
                              std::span<double> rank);

struct Policy {
    PolicyDescription description;
    RankFunction rank = nullptr;
    bool readsUsage = true; // false: its ranks need no weights, so none need be computed for it
};

// Every policy in model/memory/policies, in the order of their files.
const std::vector<Policy>& allPolicies();

} // namespace attendre
