#include "tests/engine/engine_run.h"

#include <QtGlobal>

#include <cmath>
#include <limits>

namespace attendre::slow {

std::vector<float> Recorded::nll(int tokens) const {
    std::vector<float> result(tokens, std::numeric_limits<float>::quiet_NaN());
    for (const StepRecord& step : steps) {
        for (size_t i = 0; i < step.nll.size(); ++i) {
            const int position = step.firstNll + int(i);
            if (position < 1 || position >= tokens || !std::isnan(result[position])) {
                qWarning("step %d gives the nll of position %d again or beyond the input",
                         step.step, position);
                return {};
            }
            result[position] = step.nll[i];
        }
    }
    for (int position = 1; position < tokens; ++position) {
        if (std::isnan(result[position])) {
            qWarning("no step gives the nll of position %d", position);
            return {};
        }
    }
    result.erase(result.begin());
    return result;
}

Result<std::shared_ptr<attendre::Network>> loadModel(Engine& engine, const QString& path,
                                                     const QString& dtype) {
    auto files = ModelFiles::open(path);
    if (!files)
        return files.error();
    return engine.load(files.take(), "cpu", dtype, 1, {}, {});
}

Result<Recorded> record(attendre::Network& network, const Configuration& configuration,
                        const std::vector<int>& ids, const StepWants& wants) {
    auto pipeline = network.start(configuration, {ids.begin(), ids.end()}, wants);
    if (!pipeline)
        return pipeline.error();
    Recorded result;
    result.configuration = pipeline.value()->configuration();
    while (!pipeline.value()->finished()) {
        auto step = pipeline.value()->step();
        if (!step)
            return step.error();
        result.steps.push_back(step.take());
    }
    return result;
}

} // namespace attendre::slow
