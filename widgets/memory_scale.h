#pragma once

#include "widgets/memory_content.h"

#include <optional>

namespace attendre {

// How a column's values become colours: from its least to its greatest, in logarithms where the
// column asks for it.
struct MemoryScale {
    MemoryColumn column = MemoryColumn::Rank;
    double least = 0, greatest = 1;
    bool known = false; // some slot has a value

    static MemoryScale of(const MemoryContent& content, MemoryColumn column);
    double t(double value) const; // in [0, 1]
    QString number(double value) const;
};

} // namespace attendre
