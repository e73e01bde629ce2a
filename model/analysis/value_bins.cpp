#include "model/analysis/value_bins.h"

#include "model/analysis/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attendre {

int ValueBins::of(double value) const {
    if (edges.empty() || !(value >= edges.front()) || !(value < edges.back()))
        return -1;
    return int(std::upper_bound(edges.begin(), edges.end(), value) - edges.begin()) - 1;
}

ValueBins evenBins(std::int64_t low, std::int64_t high, int most) {
    const Histogram ends = histogram({low, std::max(low, high)}, most);
    ValueBins bins;
    for (std::size_t i = 0; i <= ends.counts.size(); ++i)
        bins.edges.push_back(double(ends.begin(i)));
    return bins;
}

ValueBins wideningBins(std::int64_t low, std::int64_t high, int most) {
    high = std::max(low, high);
    for (double growth = 1;; growth *= 1.05) {
        std::vector<double> edges{double(low)};
        while (edges.back() <= double(high) && int(edges.size()) <= std::max(1, most))
            edges.push_back(std::max(edges.back() + 1, std::round((edges.back() + 1) * growth)));
        if (edges.back() > double(high))
            return {std::move(edges)};
    }
}

ValueBins logarithmicBins(double high, int most) {
    if (!(high > 0) || !std::isfinite(high))
        return {{0, std::numeric_limits<double>::min()}};
    // The greatest value belongs to the last bin.
    const double end = std::nextafter(high, std::numeric_limits<double>::infinity());
    const int rest = std::max(1, most - 1);
    ValueBins bins{{0}};
    for (int i = 0; i < rest; ++i)
        bins.edges.push_back(high * std::pow(1000.0, double(i - rest) / rest));
    bins.edges.push_back(end);
    return bins;
}

} // namespace attendre
