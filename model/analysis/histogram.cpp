#include "model/analysis/histogram.h"

#include <algorithm>
#include <cmath>

namespace attendre {

std::int64_t Histogram::most() const {
    return counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
}

namespace {

std::int64_t floorTo(std::int64_t value, std::int64_t width) {
    const std::int64_t rest = ((value % width) + width) % width;
    return value - rest;
}

// 1, 2, 5, 10, 20, 50, …
std::int64_t nextWidth(std::int64_t width) {
    std::int64_t power = 1;
    while (power * 10 <= width)
        power *= 10;
    return width < 2 * power ? 2 * power : width < 5 * power ? 5 * power : 10 * power;
}

} // namespace

Histogram histogram(const std::vector<std::int64_t>& values, int bins) {
    Histogram result;
    if (values.empty())
        return result;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const std::int64_t most = std::max(1, bins);
    // Aligned to the width the range may reach into one bin more than its length says.
    while ((*high - floorTo(*low, result.width)) / result.width + 1 > most &&
           result.width <= *high - *low)
        result.width = nextWidth(result.width);
    result.first = floorTo(*low, result.width);
    if ((*high - result.first) / result.width + 1 > most)
        result.first = *low, result.width = std::max<std::int64_t>(1, *high - *low + 1);
    result.counts.assign(std::size_t((*high - result.first) / result.width + 1), 0);
    for (const std::int64_t value : values)
        ++result.counts[std::size_t((value - result.first) / result.width)];
    result.total = std::int64_t(values.size());
    return result;
}

std::int64_t quantile(std::vector<std::int64_t> values, double share) {
    if (values.empty())
        return 0;
    const double last = double(values.size() - 1);
    const auto at = std::ptrdiff_t(std::floor(std::clamp(share, 0.0, 1.0) * last));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[std::size_t(at)];
}

} // namespace attendre
