#include "model/network/position_bucket.h"

#include <algorithm>
#include <cmath>

namespace attendre {

int positionBucket(std::int64_t distance, bool bothWays, int buckets, int furthest) {
    int base = 0;
    std::int64_t n = distance > 0 ? 0 : -distance;
    if (bothWays) {
        buckets /= 2;
        base = distance > 0 ? buckets : 0;
        n = std::abs(distance);
    }
    const int exact = buckets / 2;
    if (n < exact)
        return base + int(n);
    const float share =
        std::log(float(n) / float(exact)) / float(std::log(double(furthest) / exact));
    return base + std::min(exact + int(share * float(buckets - exact)), buckets - 1);
}

std::vector<std::int64_t> positionBuckets(bool bothWays, int buckets, int furthest) {
    std::vector<std::int64_t> all;
    for (std::int64_t distance = -furthest; distance <= furthest; ++distance)
        all.push_back(positionBucket(distance, bothWays, buckets, furthest));
    return all;
}

} // namespace attendre
