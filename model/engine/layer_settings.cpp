#include "model/network/torch_headers.h"

#include "model/engine/layer_settings.h"
#include "model/memory/layer_archive.h"

#include <algorithm>
#include <numeric>

namespace attendre {

namespace {

GroupSum groupSum(const QString& name) {
    return name == QStringLiteral("max")   ? GroupSum::Max
           : name == QStringLiteral("sum") ? GroupSum::Sum
                                           : GroupSum::Mean;
}

// The positions of a retrieval's entries, [G, n], where its keys lie.
at::Tensor entryPositions(const Retrieval& r) {
    at::Tensor positions = at::empty({r.heads(), r.entries()}, at::kInt);
    for (std::int64_t head = 0; head < r.heads(); ++head)
        std::copy_n(r.position + head * r.positionStride, r.entries(),
                    positions.data_ptr<std::int32_t>() + head * r.entries());
    return positions.to(r.key.device());
}

} // namespace

LayerSettings layerSettings(const LayerStack& stack, const ResolvedConfiguration& resolved,
                            const Ranking& ranking, const StepWants& wants, int layer) {
    const AttentionShape attention = stack.attention();
    LayerSettings s;
    s.layer = layer;
    s.queryHeads = attention.queryHeads;
    s.heads = attention.heads;
    s.headDimension = attention.headDimension;
    s.scale = attention.scale;
    if (stack.biased())
        s.bias = [&stack](const Retrieval& r) {
            return stack.bias(r.firstQuery, r.queries(), entryPositions(r));
        };
    s.capacity = resolved.memory[layer];
    s.queryCapacity = resolved.queryMemory[layer];
    s.causal = resolved.mode == QStringLiteral("causal");
    s.relative = resolved.asked.positions == QStringLiteral("relative");
    s.ranking = ranking;
    s.protection = {resolved.sinks, resolved.recent, resolved.asked.pins, {}};
    if (auto interventions = interventionsFrom(resolved.asked.change))
        s.interventions = interventions.take();
    s.perLayer = resolved.granularity == QStringLiteral("layer");
    s.groupSum = groupSum(resolved.asked.group);
    s.topK = resolved.asked.topK;
    s.hitTopK = resolved.asked.hit == QStringLiteral("top-k");
    s.halfLife = resolved.asked.halfLife;
    s.seed = resolved.asked.seed;
    s.usage = wants.usage;
    s.attention = wants.attention;
    return s;
}

std::shared_ptr<LayerArchive> makeArchive(const LayerSettings& layer,
                                          const ResolvedConfiguration& resolved,
                                          const StepWants& wants, std::int64_t positions) {
    const QString& kept = resolved.asked.archive;
    if (!wants.archive || kept.isEmpty())
        return nullptr;
    ArchiveSettings s;
    s.positions = positions;
    s.heads = layer.heads;
    s.headDimension = layer.headDimension;
    s.values = kept == QStringLiteral("all");
    s.atHand = layer.capacity < positions || layer.topK > 0;
    s.sinks = resolved.sinks;
    s.causal = layer.causal;
    s.scale = layer.scale;
    s.bias = layer.bias;
    s.folder = wants.scratch;
    return std::make_shared<LayerArchive>(std::move(s));
}

OutputSettings outputSettings(const LayerStack& stack, const ResolvedConfiguration& resolved,
                              const Ranking& ranking, const StepWants& wants) {
    OutputSettings s;
    s.layer = stack.layers();
    s.heads = stack.attention().heads;
    s.capacity = resolved.outputMemory;
    s.ranking = ranking;
    s.protection = {resolved.outputSinks, resolved.outputRecent, resolved.asked.pins, {}};
    s.seed = resolved.asked.seed;
    s.usage = wants.usage;
    s.attention = wants.attention;
    return s;
}

RotaryTable rotaryTable(const LoadedNetwork& network, const ResolvedConfiguration& resolved,
                        std::int64_t archived) {
    const auto frequencies = network.layers.stack->rotaryFrequencies();
    if (frequencies.empty())
        return {};
    const auto& waiting = resolved.queryMemory;
    // The last layer's queries wait behind those of all layers.
    std::int64_t reach = std::accumulate(waiting.begin(), waiting.end(), std::int64_t(0));
    for (const int capacity : resolved.memory)
        reach = std::max(reach, std::int64_t(capacity) + 1);
    reach = std::max(reach, archived); // archived keys, from the first on
    return RotaryTable(frequencies, reach + resolved.asked.chunk, network.options);
}

std::unique_ptr<RetrievalBackend>
retrievalBackend(const LoadedNetwork& network, const ResolvedConfiguration& resolved, bool plain) {
    const bool cpu = network.options.device().is_cpu() && network.options.dtype() != at::kDouble;
    return cpu && !plain && resolved.asked.topK == 0 ? makeCpuRetrieval() : makeAtenRetrieval();
}

} // namespace attendre
