#pragma once

#include <cstdint>
#include <vector>

namespace attendre {

// Counts of whole numbers in bins of equal width, the width a round number.
struct Histogram {
    std::int64_t first = 0; // the first bin's smallest value
    std::int64_t width = 1; // whole numbers a bin
    std::vector<std::int64_t> counts;
    std::int64_t total = 0;

    std::int64_t begin(std::size_t bin) const { return first + std::int64_t(bin) * width; }
    std::int64_t most() const;
};

// At most bins bins (at least one) from the smallest value to the largest. No values: no bins.
Histogram histogram(const std::vector<std::int64_t>& values, int bins);

// The value below or at which the share of values lies (0.5: the median); 0 without values.
std::int64_t quantile(std::vector<std::int64_t> values, double share);

} // namespace attendre
