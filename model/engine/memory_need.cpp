#include "model/engine/engine.h"

#include <algorithm>

namespace attendre {

MemoryNeed memoryNeed(const ModelDescription& d, const ResolvedConfiguration& resolved,
                      const QString& dtype, qint64 tokens) {
    const NetworkShape& s = d.shape;
    const qint64 element = dtype == QStringLiteral("f64")   ? 8
                           : dtype == QStringLiteral("f32") ? 4
                                                            : 2;
    const qint64 chunk = std::min<qint64>(resolved.asked.chunk, std::max<qint64>(tokens, 1));
    MemoryNeed need;
    need.weights = d.parameters * element;
    // A tied head in float32 has a copy of the embedding in the layout of the multiplication.
    if (d.tiedHead && element == 4)
        need.weights += qint64(s.vocabulary) * s.hidden * element;
    qint64 largest = 0;
    for (const int capacity : resolved.memory) {
        need.keyValue += 2 * qint64(s.heads) * capacity * s.headDimension * element;
        // Columns: position, ticks, hits, sums, last mass and the rank.
        need.keyValue += qint64(s.heads) * capacity * 48;
        largest = std::max<qint64>(largest, capacity);
    }
    const qint64 activations = s.hidden * 4 + 2 * qint64(s.feedForward) +
                               qint64(s.queryHeads + 2 * s.heads) * s.headDimension;
    need.working = chunk * (activations + s.vocabulary) * element;
    need.working += chunk * s.heads * largest * 4;                       // the causal mask
    need.working += std::max(tokens, largest + 1) * s.headDimension * 4; // rotation
    return need;
}

} // namespace attendre
