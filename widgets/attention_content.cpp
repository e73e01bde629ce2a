#include "widgets/attention_content.h"

#include "widgets/plot_text.h"

#include <algorithm>

namespace attendre {

namespace {

// How far back a keyframe is looked for at summary detail.
constexpr int farthestKeyframe = 128;

std::vector<int> headsWanted(const RunInfo& run, const Point& point, bool mean) {
    if (!mean)
        return {point.head};
    std::vector<int> heads;
    for (int head = 0; head < run.shape.heads; ++head)
        heads.push_back(head);
    return heads;
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

Result<void> readMass(Reader& reader, const std::vector<int>& heads, AttentionContent& content) {
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
    const auto layers = reader.layerSteps(point.run, content.massStep);
    if (!layers)
        return layers.error();
    for (const LayerStepInfo& layer : *layers)
        if (layer.layer == point.layer)
            content.massEnd = layer.firstPosition + layer.arrived;
    return {};
}

} // namespace

Result<AttentionContent> readAttention(Reader& reader, const RunInfo& run, const Point& point,
                                       bool mean) {
    AttentionContent content;
    content.asked = point;
    content.mean = mean;
    const std::vector<int> heads = headsWanted(run, point, mean);
    const auto layers = reader.layerSteps(point.run, point.step);
    if (!layers)
        return layers.error();
    for (const LayerStepInfo& layer : *layers)
        if (layer.layer == point.layer) {
            content.regions = {4, layer.firstPosition, chunkOf(run)};
            content.end = layer.firstPosition + layer.arrived;
        }
    std::vector<std::vector<QueryAttention>> rows;
    for (const int head : heads) {
        auto queries = reader.attention(point.run, point.step, point.layer, head);
        if (!queries)
            return queries.error();
        rows.push_back(queries.take());
    }
    content.queries = mean ? meanOverHeads(rows) : std::move(rows.front());
    if (const auto shares = readShares(reader, heads, content); !shares)
        return shares.error();
    if (const auto mass = readMass(reader, heads, content); !mass)
        return mass.error();
    return content;
}

Result<TokenTexts> readTokenTexts(Reader& reader, int run,
                                  const std::vector<std::int32_t>& positions) {
    TokenTexts texts;
    for (const std::int32_t position : positions) {
        if (position == noPosition || texts.contains(position))
            continue;
        const auto tokens = reader.tokens(run, position, 1);
        if (!tokens)
            return tokens.error();
        if (!tokens->empty())
            texts[position] = tokens->front().text;
    }
    return texts;
}

} // namespace attendre
