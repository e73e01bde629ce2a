#include "model/analysis/next_victims.h"

#include <algorithm>
#include <tuple>

namespace attendre {

bool ProtectedPositions::covers(std::int32_t position, std::int32_t arrived) const {
    if (changed.drops(position))
        return false;
    if (changed.keeps(position) || position < sinks || position >= arrived - recent)
        return true;
    return std::any_of(pins.begin(), pins.end(), [position](const auto& pin) {
        return position >= pin.first && position <= pin.second;
    });
}

ProtectedPositions protectedPositions(const RunInfo& run, int step, int layer, int head) {
    return {run.configuration.sinks, run.configuration.recent, run.configuration.asked.pins,
            changedEntries(interventionsOf(run), step, layer, head)};
}

int overflow(int capacity, int occupancy, int arriving) {
    return std::max(0, occupancy + arriving - capacity);
}

std::vector<int> nextVictims(const HeadState& state, const ProtectedPositions& protection,
                             std::int32_t arrived, int count) {
    std::vector<int> candidates;
    const std::size_t ranked = std::min(state.position.size(), state.rank.size());
    for (std::size_t slot = 0; slot < ranked; ++slot) {
        const std::int32_t position = state.position[slot];
        if (position != noPosition && !protection.covers(position, arrived))
            candidates.push_back(int(slot));
    }
    const auto first = [&](int a, int b) {
        const auto slotA = std::size_t(a), slotB = std::size_t(b);
        const bool staysA = !protection.changed.drops(state.position[slotA]);
        const bool staysB = !protection.changed.drops(state.position[slotB]);
        return std::tie(staysA, state.rank[slotA], state.position[slotA]) <
               std::tie(staysB, state.rank[slotB], state.position[slotB]);
    };
    const auto kept = std::min(candidates.size(), std::size_t(std::max(0, count)));
    std::partial_sort(candidates.begin(), candidates.begin() + std::ptrdiff_t(kept),
                      candidates.end(), first);
    candidates.resize(kept);
    return candidates;
}

} // namespace attendre
