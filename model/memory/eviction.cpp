#include "model/memory/eviction.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attendre {

bool Protection::covers(std::int32_t position, std::int32_t firstArrival) const {
    if (changed.drops(position))
        return false;
    if (changed.keeps(position) || position < sinks || position >= firstArrival - recent)
        return true;
    return std::any_of(pins.begin(), pins.end(), [position](const auto& pin) {
        return pin.first <= position && position <= pin.second;
    });
}

std::vector<std::int32_t> chooseVictims(std::span<const std::int32_t> position,
                                        std::span<const double> rank, int count,
                                        const Protection& protection, std::int32_t firstArrival) {
    std::vector<std::int32_t> chosen;
    chosen.reserve(position.size());
    for (std::size_t slot = 0; slot < position.size(); ++slot)
        if (!protection.covers(position[slot], firstArrival))
            chosen.push_back(std::int32_t(slot));
    count = std::min(count, int(chosen.size()));
    const bool drops = !protection.changed.dropped.empty();
    const auto goesFirst = [&](std::int32_t a, std::int32_t b) {
        if (drops)
            if (const bool first = protection.changed.drops(position[a]);
                first != protection.changed.drops(position[b]))
                return first;
        return rank[a] != rank[b] ? rank[a] < rank[b] : position[a] < position[b];
    };
    std::nth_element(chosen.begin(), chosen.begin() + count, chosen.end(), goesFirst);
    chosen.resize(count);
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

std::vector<double> rankResidents(const EntryColumns& columns, int layer, const RankFunction& rank,
                                  const RankContext& context, bool perLayer) {
    const std::size_t n = std::size_t(columns.occupancy);
    std::vector<double> ranks(n * columns.heads);
    for (int head = 0; head < columns.heads; ++head)
        rank(headColumns(columns, layer, head), context, std::span(ranks).subspan(head * n, n));
    for (std::size_t slot = 0; perLayer && slot < n; ++slot) {
        double sum = 0;
        for (int head = 0; head < columns.heads; ++head)
            sum += ranks[head * n + slot];
        for (int head = 0; head < columns.heads; ++head)
            ranks[head * n + slot] = sum / columns.heads;
    }
    // What is not a number orders nothing.
    for (double& r : ranks)
        if (std::isnan(r))
            r = -std::numeric_limits<double>::infinity();
    return ranks;
}

Protection protectionIn(const Protection& protection,
                        const std::vector<Intervention>& interventions, int step, int layer,
                        int head) {
    Protection here = protection;
    here.changed = changedEntries(interventions, step, layer, head);
    return here;
}

} // namespace attendre
