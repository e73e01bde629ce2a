#include "model/trace/configuration.h"

#include <algorithm>

namespace attendre {

int stepCount(const ResolvedConfiguration& configuration, qint64 tokens) {
    return tokens < 1 ? 0
                      : stepsLeft(configuration,
                                  std::vector<qint64>(configuration.queryMemory.size(), 0), tokens);
}

int stepsLeft(const ResolvedConfiguration& configuration, std::vector<qint64> waiting,
              qint64 tokens) {
    const qint64 chunk = configuration.asked.chunk;
    if (chunk < 1)
        return 0;
    const std::vector<int>& capacity = configuration.queryMemory;
    // What arrives in a layer pushes out what its Q memory cannot hold, into the layer above.
    const auto pass = [&](size_t from, qint64 count) {
        for (size_t layer = from; layer < waiting.size() && count > 0; ++layer) {
            waiting[layer] += count;
            count = std::max<qint64>(0, waiting[layer] - capacity[layer]);
            waiting[layer] -= count;
        }
    };
    qint64 steps = 0;
    for (qint64 read = 0; read < tokens; read += chunk, ++steps)
        pass(0, std::min(chunk, tokens - read));
    for (size_t layer = 0; layer < waiting.size();) {
        if (waiting[layer] == 0) {
            ++layer;
            continue;
        }
        const qint64 count = std::min(chunk, waiting[layer]);
        waiting[layer] -= count;
        pass(layer + 1, count);
        ++steps;
    }
    return int(steps);
}

} // namespace attendre
