#include "widgets/point_reading.h"

#include <QCoreApplication>

#include <algorithm>

namespace attendre {

Result<LayerStepInfo> layerCounts(Reader& reader, const RunInfo& run, const Point& point,
                                  int step) {
    if (step < 0)
        return LayerStepInfo();
    if (point.layer == outputLayer(run))
        return reader.outputStep(point.run, step);
    const auto layers = reader.layerSteps(point.run, step);
    if (!layers)
        return layers.error();
    const auto found = std::find_if(layers->begin(), layers->end(), [&](const LayerStepInfo& info) {
        return info.layer == point.layer;
    });
    return found == layers->end() ? LayerStepInfo() : *found;
}

Result<HeadState> headState(Reader& reader, const Point& point, int step) {
    if (step < 0)
        return HeadState();
    auto layer = reader.layerState(point.run, step, point.layer);
    if (!layer)
        return layer.error();
    if (point.head < 0 || point.head >= int(layer->heads.size()))
        return Error{QCoreApplication::translate("Point", "Layer %1 has no head %2.")
                         .arg(point.layer)
                         .arg(point.head)};
    return std::move(layer->heads[std::size_t(point.head)]);
}

Result<bool> leftBeforeAsking(Reader& reader, const RunInfo& run, const Point& point,
                              std::int32_t position) {
    if (run.parent <= 0 || run.configuration.replay)
        return false;
    const auto life = reader.life(point.run, point.layer, point.head, position);
    if (!life || life->insertedStep >= 0)
        return life ? Result<bool>(false) : life.error();
    const auto first = layerCounts(reader, run, point, 0);
    if (!first)
        return first.error();
    return first->arrived == 0 && std::int64_t(position) < first->tick;
}

Result<bool> readsOutputs(Reader& reader, const RunInfo& run, const Point& point) {
    if (run.parent <= 0 || outputLayer(run) < 0)
        return false;
    const auto steps = reader.steps(point.run, point.step, 1);
    if (!steps)
        return steps.error();
    return !steps->empty() && steps->front().kind == StepKind::Answer;
}

} // namespace attendre
