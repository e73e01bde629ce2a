#pragma once

#include <cstdint>
#include <vector>

namespace attendre {

// T5's buckets of distances. distance: the key's position less the query's. Looking both ways, half
// of the buckets belong to keys that come after the query; looking back only, such keys share
// bucket 0. Near distances have a bucket each, farther ones share them logarithmically, and from
// `furthest` on all share the last. Computed in float32, as the reference library does, since
// bucket limits lie on exact powers.
int positionBucket(std::int64_t distance, bool bothWays, int buckets, int furthest);

// The buckets of the distances -furthest to furthest: [2 furthest + 1].
std::vector<std::int64_t> positionBuckets(bool bothWays, int buckets, int furthest);

} // namespace attendre
