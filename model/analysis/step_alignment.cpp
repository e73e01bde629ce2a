#include "model/analysis/step_alignment.h"

#include <algorithm>

namespace attendre {

Result<StepAlignment::Clocks> StepAlignment::clocksOf(const ComparedReading& reading,
                                                      const Cancel& cancel) {
    Clocks clocks(std::size_t(reading.run.shape.layers));
    for (int step = 0; step < reading.steps; ++step) {
        if (cancel.requested())
            return Error{QString("The comparison of %1 was interrupted: start it again.")
                             .arg(reading.reader->path())};
        const auto layers = reading.reader->layerSteps(reading.run.run, step);
        if (!layers)
            return layers.error();
        for (const LayerStepInfo& layer : *layers)
            if (std::size_t(layer.layer) < clocks.size())
                clocks[std::size_t(layer.layer)].push_back(layer.tick);
    }
    return clocks;
}

Result<StepAlignment> StepAlignment::read(const ComparedRuns& runs, const Cancel& cancel) {
    StepAlignment alignment;
    auto a = clocksOf(runs.a, cancel);
    if (!a)
        return a.error();
    auto b = clocksOf(runs.b, cancel);
    if (!b)
        return b.error();
    alignment.m_a = a.take();
    alignment.m_b = b.take();
    for (std::size_t layer = 0; layer < alignment.m_a.size(); ++layer) {
        const auto &ofA = alignment.m_a[layer], &ofB = alignment.m_b[layer];
        std::vector<StepPair> pairs;
        std::size_t j = 0;
        for (std::size_t i = 0; i < ofA.size(); ++i) {
            if (ofA[i] == 0 || (i > 0 && ofA[i] == ofA[i - 1]))
                continue;
            while (j < ofB.size() && ofB[j] < ofA[i])
                ++j;
            if (j < ofB.size() && ofB[j] == ofA[i])
                pairs.push_back({int(i), int(j), ofA[i]});
        }
        alignment.m_pairs.push_back(std::move(pairs));
    }
    return alignment;
}

int StepAlignment::pairAt(int layer, int stepA) const {
    const auto& all = pairs(layer);
    const auto after =
        std::upper_bound(all.begin(), all.end(), stepA,
                         [](int step, const StepPair& pair) { return step < pair.a; });
    return int(after - all.begin()) - 1;
}

int StepAlignment::other(const Clocks& from, const Clocks& to, int layer, int step) {
    if (layer < 0 || std::size_t(layer) >= from.size())
        return -1;
    const auto &own = from[std::size_t(layer)], &others = to[std::size_t(layer)];
    if (step < 0 || std::size_t(step) >= own.size() || others.empty())
        return -1;
    const std::int64_t keys = own[std::size_t(step)];
    if (std::size_t(step) < others.size() && others[std::size_t(step)] == keys)
        return step;
    const auto at = std::lower_bound(others.begin(), others.end(), keys);
    const int found = int(at - others.begin());
    return at != others.end() && *at == keys ? found : found - 1;
}

bool StepAlignment::meets(int layer, int stepA, int stepB) const {
    const auto &a = m_a[std::size_t(layer)], &b = m_b[std::size_t(layer)];
    return stepA >= 0 && stepB >= 0 && std::size_t(stepA) < a.size() &&
           std::size_t(stepB) < b.size() && a[std::size_t(stepA)] == b[std::size_t(stepB)];
}

} // namespace attendre
