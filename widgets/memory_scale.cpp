#include "widgets/memory_scale.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace attendre {

MemoryScale MemoryScale::of(const MemoryContent& content, MemoryColumn column) {
    MemoryScale scale;
    scale.column = column;
    for (int slot = 0; slot < content.capacity; ++slot) {
        const auto value = content.value(slot, column);
        if (!value || !std::isfinite(*value))
            continue;
        scale.least = scale.known ? std::min(scale.least, *value) : *value;
        scale.greatest = scale.known ? std::max(scale.greatest, *value) : *value;
        scale.known = true;
    }
    if (isLogarithmic(column))
        scale.least = 0;
    return scale;
}

double MemoryScale::t(double value) const {
    if (!(greatest > least))
        return 0.5;
    if (isLogarithmic(column)) {
        const double unit = column == MemoryColumn::Hits ? 1 : greatest / 1000;
        return std::log1p(std::max(0.0, value) / unit) / std::log1p(greatest / unit);
    }
    return (value - least) / (greatest - least);
}

QString MemoryScale::number(double value) const {
    const bool whole = std::abs(value - std::round(value)) < 1e-9 && std::abs(value) < 1e12;
    return whole ? QLocale().toString(qlonglong(std::llround(value)))
                 : QLocale().toString(value, 'g', 3);
}

} // namespace attendre
