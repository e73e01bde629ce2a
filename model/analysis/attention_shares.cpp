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
    // Older recorders counted the first positions among the arrivals as well: what is left over
    // by the classes before is all that a class can have.
    double left = 1;
    const auto part = [&left](double share) {
        const double taken = std::clamp(share, 0.0, std::max(0.0, left));
        left -= taken;
        return taken;
    };
    shares.sink = part(double(step.sinkShare));
    shares.chunk = part(double(step.chunkShare));
    shares.recent = part(double(step.recentShare));
    shares.kept = std::max(0.0, left);
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
