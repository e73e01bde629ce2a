#include "model/analysis/attention_shares.h"

#include <algorithm>

namespace attendre {

AttentionShares sharesOf(const QueryAttention& query, const AttentionRegions& regions) {
    AttentionShares shares;
    for (const AttendedEntry& entry : query.top) {
        if (entry.position == noPosition)
            continue;
        const double weight = double(entry.weight);
        if (entry.position < regions.sinks)
            shares.sink += weight;
        else if (entry.position >= regions.firstArrival)
            shares.chunk += weight;
        else if (entry.position >= regions.firstArrival - regions.chunk)
            shares.recent += weight;
        else
            shares.kept += weight;
    }
    shares.beyond = double(query.rest);
    return shares;
}

AttentionShares sharesOf(const HeadStepInfo& step) {
    AttentionShares shares;
    shares.sink = double(step.sinkShare);
    shares.recent = double(step.recentShare);
    shares.chunk = double(step.chunkShare);
    shares.kept = std::max(0.0, 1 - shares.sink - shares.recent - shares.chunk);
    return shares;
}

std::vector<QueryAttention> meanOverHeads(const std::vector<std::vector<QueryAttention>>& heads) {
    std::vector<QueryAttention> mean;
    if (heads.empty())
        return mean;
    const double share = 1.0 / double(heads.size());
    for (std::size_t q = 0; q < heads.front().size(); ++q) {
        std::map<std::int32_t, double> weights;
        double rest = 0;
        for (const std::vector<QueryAttention>& head : heads) {
            if (q >= head.size())
                continue;
            rest += double(head[q].rest) * share;
            for (const AttendedEntry& entry : head[q].top)
                if (entry.position != noPosition)
                    weights[entry.position] += double(entry.weight) * share;
        }
        QueryAttention query;
        query.queryPosition = heads.front()[q].queryPosition;
        query.rest = float(rest);
        for (const auto& [position, weight] : weights)
            query.top.push_back({position, float(weight)});
        std::stable_sort(
            query.top.begin(), query.top.end(),
            [](const AttendedEntry& a, const AttendedEntry& b) { return a.weight > b.weight; });
        mean.push_back(std::move(query));
    }
    return mean;
}

std::map<std::int32_t, double> massByEntry(const std::vector<QueryAttention>& queries) {
    std::map<std::int32_t, double> mass;
    for (const QueryAttention& query : queries)
        for (const AttendedEntry& entry : query.top)
            if (entry.position != noPosition)
                mass[entry.position] += double(entry.weight);
    return mass;
}

} // namespace attendre
