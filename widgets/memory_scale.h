#pragma once

#include "widgets/magnitude_scale.h"
#include "widgets/memory_content.h"

#include <optional>

namespace attendre {

// How a column's values become colours: from its least to its greatest among the entries that the
// policy may evict. Protected entries are not on the scale: a sink's sums would drown all others.
struct MemoryScale : MagnitudeScale {
    MemoryColumn column = MemoryColumn::Rank;
    std::optional<double> cut; // of a rank: that of the last of the next victims

    // rankColumn: the usage column that is the policy's rank; empty where it is computed.
    static MemoryScale of(const MemoryContent& content, MemoryColumn column,
                          const QString& rankColumn);
    QString number(double value) const;
};

} // namespace attendre
