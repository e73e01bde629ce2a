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

} // namespace attendre
