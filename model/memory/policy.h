#pragma once

#include "model/memory/entry_columns.h"
#include "model/trace/configuration.h"

#include <functional>
#include <span>
#include <vector>

namespace attendre {

// What a rank may depend on beside the columns.
struct RankContext {
    std::int64_t tick = 0; // the layer's clock when the rank is drawn: A at the end of a step
    quint64 seed = 0;
};

// Fills rank[i] for every resident of one head; the lowest are evicted first. Called by one thread
// at a time.
using RankFunction = std::function<void(const HeadColumns& columns, const RankContext& context,
                                        std::span<double> rank)>;

// A policy made ready for one run.
struct Ranking {
    RankFunction rank;
    bool readsUsage = true;   // false: its ranks need no weights, so none need be computed for it
    bool readsNorms = false;  // true: of keys and values, which are kept for such a policy alone
    QStringList notices = {}; // what a person should know of it, as ResolvedConfiguration's
};

// What a run is about to read, and how.
struct PolicyInput {
    ResolvedConfiguration configuration;
    std::span<const std::int32_t> ids; // of positions 0 to T - 1
    // The hash of the model's bytes, computed when it is asked for.
    std::function<Result<QString>()> modelHash;
};

struct Policy {
    PolicyDescription description;
    // The description under a run's options; empty where they change nothing in it.
    std::function<PolicyDescription(const Configuration&)> described;
    // Errors: what the policy's own options name cannot be used.
    std::function<Result<Ranking>(const PolicyInput&)> prepare;
};

// For a policy without options of its own.
inline std::function<Result<Ranking>(const PolicyInput&)> always(Ranking ranking) {
    return [ranking](const PolicyInput&) { return ranking; };
}

// Every policy in model/memory/policies, in the order of their files.
const std::vector<Policy>& allPolicies();
// The policy that configuration names, with its description under these options. Errors: there is
// no such policy.
Result<Policy> findPolicy(const Configuration& configuration);

} // namespace attendre
