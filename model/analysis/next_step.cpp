#include "model/analysis/next_step.h"

#include <algorithm>

namespace attendre {

namespace {

int queryCapacity(const RunInfo& run, std::size_t layer) {
    const std::vector<int>& capacities = run.configuration.queryMemory;
    return capacities.empty() ? 0 : capacities[std::min(layer, capacities.size() - 1)];
}

// count keys come to a layer; what its Q memory cannot hold goes on to the layer above.
void pass(const RunInfo& run, const std::vector<LayerStepInfo>& layers, std::size_t from,
          qint64 count, std::vector<int>& arriving) {
    for (std::size_t layer = from; layer < layers.size() && count > 0; ++layer) {
        arriving[layer] = int(count);
        count = std::max<qint64>(0, layers[layer].waiting + count - queryCapacity(run, layer));
    }
}

} // namespace

NextStep nextStep(const RunInfo& run, const std::vector<LayerStepInfo>& layers) {
    NextStep next;
    next.arriving.assign(layers.size(), 0);
    const qint64 chunk = std::max(1, run.configuration.asked.chunk);
    const qint64 left = layers.empty() ? 0 : run.tokens - layers.front().tick;
    if (left > 0) {
        pass(run, layers, 0, std::min(chunk, left), next.arriving);
        return next;
    }
    const auto lowest = std::find_if(layers.begin(), layers.end(),
                                     [](const LayerStepInfo& layer) { return layer.waiting > 0; });
    next.over = lowest == layers.end();
    if (next.over)
        return next;
    next.kind = StepKind::Flush;
    pass(run, layers, std::size_t(lowest - layers.begin()) + 1,
         std::min<qint64>(chunk, lowest->waiting), next.arriving);
    return next;
}

} // namespace attendre
