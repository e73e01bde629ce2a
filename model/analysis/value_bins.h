#pragma once

#include <cstdint>
#include <vector>

namespace attendre {

// Bins that stay where they are while what is counted in them changes: bin i holds the values from
// edges[i] to, without, edges[i + 1].
struct ValueBins {
    std::vector<double> edges; // ascending; none: no bins

    int count() const { return edges.empty() ? 0 : int(edges.size()) - 1; }
    // −1: no bin holds it.
    int of(double value) const;
};

// Whole numbers from low to high in at most `most` bins of equal, round width.
ValueBins evenBins(std::int64_t low, std::int64_t high, int most);
// Whole numbers from low ≥ 0 to high: a bin each as long as that goes, then ever wider ones.
ValueBins wideningBins(std::int64_t low, std::int64_t high, int most);
// Numbers ≥ 0 up to high: the first bin holds all below a thousandth of it, the others widen evenly
// in logarithms. high ≤ 0: one bin.
ValueBins logarithmicBins(double high, int most);

} // namespace attendre
