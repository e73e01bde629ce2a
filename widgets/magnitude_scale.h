#pragma once

namespace attendre {

// How magnitudes become places on the scale of colours: the whole range of what was added, evenly
// or in logarithms, of sums upwards from zero, of ticks backwards from the latest. What would drown
// the rest (protected entries, say) is not added.
struct MagnitudeScale {
    bool logarithmic = false;
    bool backwards = false; // logarithms of the distance from the greatest
    double unit = 0;        // what logarithms count in; 0: a thousandth of the greatest
    double least = 0, greatest = 1;
    bool known = false; // something was added

    void add(double value); // infinities and NaN are passed over
    // In [0, 1]: 0 at the least and below, 1 at the greatest and above, 0.5 where all are equal.
    double t(double value) const;
};

} // namespace attendre
