#include "model/analysis/layer_course.h"

#include <algorithm>
#include <functional>

namespace attendre {

namespace {

// The first step from which on what the layer has reached is so; -1: never.
Result<int> firstStep(Reader& reader, int run, int layer, int steps,
                      const std::function<bool(const LayerStepInfo&)>& reached) {
    int low = 0, high = steps; // the answer is in [low, high]
    while (low < high) {
        const int middle = low + (high - low) / 2;
        const auto layers = reader.layerSteps(run, middle);
        if (!layers)
            return layers.error();
        if (std::size_t(layer) < layers->size() && reached((*layers)[std::size_t(layer)]))
            high = middle;
        else
            low = middle + 1;
    }
    return low < steps ? low : -1;
}

std::int64_t answered(const LayerStepInfo& layer) {
    return layer.tick - layer.waiting;
}

} // namespace

Result<LayerCourse> layerCourse(Reader& reader, const RunInfo& run, int layer, int steps) {
    LayerCourse course;
    const auto& memory = run.configuration.memory;
    const qint64 capacity =
        memory.empty() ? run.tokens
                       : memory[std::min(std::size_t(std::max(0, layer)), memory.size() - 1)];
    using Reached = std::function<bool(const LayerStepInfo&)>;
    const std::pair<int LayerCourse::*, Reached> events[] = {
        {&LayerCourse::firstKey, [](const LayerStepInfo& l) { return l.tick > 0; }},
        {&LayerCourse::firstEviction, [=](const LayerStepInfo& l) { return l.tick > capacity; }},
        {&LayerCourse::firstAnswer, [](const LayerStepInfo& l) { return answered(l) > 0; }},
        {&LayerCourse::lastKey, [&](const LayerStepInfo& l) { return l.tick >= run.tokens; }},
        {&LayerCourse::lastAnswer,
         [&](const LayerStepInfo& l) { return answered(l) >= run.tokens; }},
    };
    for (const auto& [event, reached] : events) {
        const auto step = firstStep(reader, run.run, layer, steps, reached);
        if (!step)
            return step.error();
        // A run that asks begins with what another has done.
        const bool inherited = *step == 0 && run.parent > 0 && !run.configuration.replay;
        course.*event = inherited ? -1 : *step;
    }
    return course;
}

Result<int> answeredStep(Reader& reader, const RunInfo& run, int layer, std::int32_t position,
                         int steps) {
    return firstStep(reader, run.run, layer, steps, [position](const LayerStepInfo& l) {
        return answered(l) > std::int64_t(position);
    });
}

} // namespace attendre
