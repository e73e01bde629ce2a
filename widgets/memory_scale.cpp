#include "widgets/memory_scale.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace attendre {

MemoryScale MemoryScale::of(const MemoryContent& content, MemoryColumn column,
                            const QString& rankColumn) {
    MemoryScale scale;
    scale.column = column;
    const MemoryColumn counted =
        column == MemoryColumn::Rank ? memoryColumn(rankColumn).value_or(column) : column;
    // Most entries were attended a moment ago: what tells them apart is how many ticks.
    scale.backwards = counted == MemoryColumn::LastTick;
    scale.logarithmic = isLogarithmic(counted) || scale.backwards;
    scale.unit = counted == MemoryColumn::Hits || scale.backwards ? 1 : 0;
    for (int slot = 0; slot < content.capacity; ++slot) {
        const auto value = content.value(slot, column);
        if (!value || content.isShielded(slot))
            continue;
        scale.add(*value);
        const bool goes = content.marks[std::size_t(slot)] != MemoryContent::Mark::None;
        if (goes && column == MemoryColumn::Rank)
            scale.cut = std::max(scale.cut.value_or(*value), *value);
    }
    return scale;
}

QString MemoryScale::number(double value) const {
    if (std::isinf(value))
        return value < 0 ? QStringLiteral("−∞") : QStringLiteral("∞");
    const bool whole = std::abs(value - std::round(value)) < 1e-9 && std::abs(value) < 1e12;
    return whole ? QLocale().toString(qlonglong(std::llround(value)))
                 : QLocale().toString(value, 'g', 3);
}

} // namespace attendre
