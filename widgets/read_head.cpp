#include "widgets/read_head.h"

#include "widgets/plot_text.h"

#include <QCoreApplication>

#include <algorithm>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("ReadHead", text);
}

} // namespace

int queryMemoryOf(const RunInfo& run, int layer) {
    const auto& capacities = run.configuration.queryMemory;
    if (capacities.empty())
        return 0;
    return capacities[std::min(std::size_t(std::max(0, layer)), capacities.size() - 1)];
}

bool hasQueryMemory(const RunInfo& run) {
    const auto& capacities = run.configuration.queryMemory;
    return std::any_of(capacities.begin(), capacities.end(), [](int n) { return n > 0; });
}

ReadHead readHead(const RunInfo& run, const LayerStepInfo& layer, Phase phase) {
    const bool waits = queryMemoryOf(run, layer.layer) > 0;
    const bool came = phase >= (waits ? Phase::Wait : Phase::Retrieve);
    const bool answered = phase >= Phase::Retrieve;
    const std::int64_t first = layer.tick - layer.waiting - layer.answered;
    return {layer.layer, std::int32_t(first + (answered ? layer.answered : 0)),
            std::int32_t(layer.tick - (came ? 0 : layer.arrived))};
}

std::vector<ReadHead> readHeads(const RunInfo& run, const std::vector<LayerStepInfo>& layers,
                                Phase phase) {
    std::vector<ReadHead> heads;
    heads.reserve(layers.size());
    for (const LayerStepInfo& layer : layers)
        heads.push_back(readHead(run, layer, phase));
    return heads;
}

QString readHeadWords(const std::vector<ReadHead>& heads, int layer) {
    const auto found = std::find_if(heads.begin(), heads.end(),
                                    [layer](const ReadHead& head) { return head.layer == layer; });
    if (found == heads.end())
        return {};
    QString text = found->answered > 0 ? tr("layer %1 has answered up to position %2")
                                             .arg(layer)
                                             .arg(wholeNumber(found->answered - 1))
                                       : tr("layer %1 has answered nothing yet").arg(layer);
    if (found->waiting() > 0)
        text += found->waiting() == 1 ? tr("; 1 query waits")
                                      : tr("; %1 queries wait").arg(wholeNumber(found->waiting()));
    const std::int32_t behind = heads.front().answered - found->answered;
    if (behind > 0)
        text += tr("; %1 behind layer %2")
                    .arg(wholeNumber(behind), QString::number(heads.front().layer));
    return text;
}

} // namespace attendre
