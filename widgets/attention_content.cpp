#include "widgets/attention_content.h"

#include "widgets/plot_text.h"
#include "widgets/point_reading.h"

#include <algorithm>

namespace attendre {

namespace {

// How far back a keyframe is looked for at summary detail.
constexpr int farthestKeyframe = 128;

std::vector<int> headsWanted(const RunInfo& run, const Point& point, Whose whose) {
    if (whose != Whose::LayerMean)
        return {point.head};
    std::vector<int> heads;
    for (int head = 0; head < run.shape.heads; ++head)
        heads.push_back(head);
    return heads;
}

// No exact shares are recorded of the outputs: these are of the rows.
AttentionShares meanShares(const AttentionContent& content) {
    AttentionShares mean;
    const double each = 1.0 / double(std::max<std::size_t>(1, content.queries.size()));
    for (const QueryAttention& query : content.queries) {
        const AttentionShares shares = sharesOf(query, content.regions);
        mean.sink += shares.sink * each;
        mean.recent += shares.recent * each;
        mean.chunk += shares.chunk * each;
        mean.kept += shares.kept * each;
        mean.beyond += shares.beyond * each;
    }
    return mean;
}

Result<void> readShares(Reader& reader, const std::vector<int>& heads, AttentionContent& content) {
    const auto steps = reader.headSteps(content.asked.run, content.asked.step);
    if (!steps)
        return steps.error();
    const double each = 1.0 / double(std::max<std::size_t>(1, heads.size()));
    AttentionShares& mean = content.shares;
    for (const HeadStepInfo& info : *steps) {
        if (info.layer != content.asked.layer ||
            std::find(heads.begin(), heads.end(), info.head) == heads.end())
            continue;
        const AttentionShares shares = sharesOf(info);
        mean.sink += shares.sink * each;
        mean.recent += shares.recent * each;
        mean.chunk += shares.chunk * each;
        mean.kept += shares.kept * each;
    }
    return {};
}

Result<void> readMass(Reader& reader, const RunInfo& run, const std::vector<int>& heads,
                      AttentionContent& content) {
    const Point& point = content.asked;
    const int oldest = std::max(0, point.step - farthestKeyframe);
    for (int step = point.step; step >= oldest && content.massStep < 0; --step) {
        const auto state = reader.layerState(point.run, step, point.layer);
        if (!state)
            return state.error();
        for (const int index : heads) {
            if (std::size_t(index) >= state->heads.size())
                continue;
            const HeadState& head = state->heads[std::size_t(index)];
            for (std::size_t slot = 0; slot < head.position.size(); ++slot) {
                if (head.position[slot] == noPosition)
                    continue;
                if (step == point.step && index == heads.front())
                    content.slotOf[head.position[slot]] = int(slot);
                if (slot < head.lastMass.size())
                    content.mass[head.position[slot]] +=
                        double(head.lastMass[slot]) / double(heads.size());
            }
            if (!head.lastMass.empty())
                content.massStep = step;
            content.capacity = std::int32_t(head.position.size());
        }
    }
    if (content.massStep < 0)
        return {};
    const auto layer = layerCounts(reader, run, point, content.massStep);
    if (!layer)
        return layer.error();
    content.massEnd = layer->firstPosition + layer->arrived;
    return {};
}

} // namespace

Result<AttentionContent> readAttention(Reader& reader, const RunInfo& run, const Point& asked,
                                       Whose whose) {
    Point point = asked;
    if (whose == Whose::Outputs) {
        point.layer = outputLayer(run);
        point.head = 0;
    }
    AttentionContent content;
    content.asked = point;
    content.whose = whose;
    const std::vector<int> heads = headsWanted(run, point, whose);
    const auto layer = layerCounts(reader, run, point, point.step);
    if (!layer)
        return layer.error();
    content.regions = {4, layer->firstPosition, chunkOf(run)};
    content.end = layer->firstPosition + layer->arrived;
    std::vector<std::vector<QueryAttention>> rows;
    for (const int head : heads) {
        auto queries = reader.attention(point.run, point.step, point.layer, head);
        if (!queries)
            return queries.error();
        rows.push_back(queries.take());
    }
    content.queries = whose == Whose::LayerMean ? meanOverHeads(rows) : std::move(rows.front());
    if (const auto mass = readMass(reader, run, heads, content); !mass)
        return mass.error();
    if (whose == Whose::Outputs) {
        if (!content.slotOf.empty())
            content.end = std::max(content.end, content.slotOf.rbegin()->first + 1);
        content.shares = meanShares(content);
    } else if (const auto shares = readShares(reader, heads, content); !shares)
        return shares.error();
    return content;
}

} // namespace attendre
