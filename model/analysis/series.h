#pragma once

#include "model/trace/reader.h"

#include <vector>

namespace attendre {

// The mean of each value and the window - 1 before it; NaNs are left out, and where a whole window
// is NaN so is the result.
std::vector<float> runningMean(const std::vector<float>& values, int window);

// count extents of (nearly) equal numbers of values from first to last, inclusive, as
// Reader::extents() makes them: bucket i holds the values from first + i * n / count to
// first + (i + 1) * n / count - 1, n being the number of values. NaNs are left out.
std::vector<Extent> extentsOf(const std::vector<float>& values, int first, int last, int count);

// The least extent that holds all of them.
Extent unite(const std::vector<Extent>& extents);

// Round numbers for an axis: about wanted of them, all within [low, high], the step 1, 2 or 5
// times a power of ten. whole keeps the step at 1 or more.
std::vector<double> niceTicks(double low, double high, int wanted, bool whole = false);

} // namespace attendre
