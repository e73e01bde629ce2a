#pragma once

#include "widgets/point.h"
#include "widgets/trace_source.h"

#include <utility>
#include <vector>

namespace attendre {

// What the metrics show of a trace, read on the reading thread.

constexpr int lossMeanWindow = 64; // tokens of the running mean

// One of the most likely next tokens.
struct LikelyToken {
    std::int32_t id = 0;
    QByteArray text; // "#" and the id where the trace has no text for it
    double probability = 0;
};

// One step: its tokens' nll, and what the model expected after it.
struct StepMetrics {
    int step = -1; // -1: nothing was read
    std::int32_t firstPosition = 0, arrived = 0;
    std::vector<TokenInfo> tokens; // with some before the step's, for the running mean
    std::vector<LikelyToken> next; // the most likely first
    std::int32_t cameId = -1;      // what did come next; -1: not known

    // The step's own tokens; an nll is NaN where it is not known.
    std::vector<float> ownNll() const;
    const TokenInfo* token(std::int32_t position) const; // nullptr: not one of the step's
};
// Errors: the step is not recorded, or the file cannot be read.
Result<StepMetrics> readStepMetrics(Reader& reader, const Point& point);

// One layer and head over the run.
struct RunMetrics {
    int capacity = 0;                      // M
    std::vector<std::pair<int, int>> ages; // step evicted, age in steps

    std::vector<std::int64_t> agesUntil(int step) const;
};
Result<RunMetrics> readRunMetrics(Reader& reader, const RunInfo& run, const Point& point);

// Series over a range of steps, both ends included, reduced to buckets.
struct Course {
    int first = 0, last = -1;
    std::vector<Extent> occupancy; // entries of the point's layer
    std::vector<Extent> milliseconds;

    // The first and the last step of a bucket of a series with count buckets.
    std::pair<int, int> stepsOf(std::size_t bucket, std::size_t count) const;
};
Result<Course> readCourse(Reader& reader, const Point& point, int first, int last);

} // namespace attendre
