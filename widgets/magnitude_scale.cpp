#include "widgets/magnitude_scale.h"

#include <algorithm>
#include <cmath>

namespace attendre {

void MagnitudeScale::add(double value) {
    if (!std::isfinite(value))
        return;
    least = known ? std::min(least, value) : value;
    greatest = known ? std::max(greatest, value) : value;
    known = true;
}

double MagnitudeScale::t(double value) const {
    if (!(greatest > least))
        return 0.5;
    const double grain = unit > 0 ? unit : std::max(greatest / 1000, 1e-12);
    const auto place = [this, grain](double at) {
        return !logarithmic ? at
               : backwards  ? -std::log1p(std::max(0.0, greatest - at) / grain)
                            : std::log1p(std::max(0.0, at) / grain);
    };
    const double low = place(least), high = place(greatest);
    return high > low ? std::clamp((place(value) - low) / (high - low), 0.0, 1.0) : 0.5;
}

} // namespace attendre
