#pragma once

#include "widgets/point.h"
#include "widgets/trace_source.h"

#include <map>
#include <vector>

namespace attendre {

// The nll of a run beside that of the other runs of its trace that read the same tokens.
struct LossComparison {
    struct Run {
        int run = 0;
        QString name;
        double mean = 0;                  // over the tokens below, nats
        std::vector<std::int32_t> at;     // positions of the point's step
        std::vector<float> nll, smoothed; // theirs, and their running mean; NaN: not known
    };
    std::int32_t tokens = 0; // the means are of the positions before this one, known to every run
    std::vector<Run> runs;   // the point's run first; empty: there is nothing to compare
};

// What was read of the runs' nll, kept on the reading thread between readings of one trace.
struct KnownLosses {
    struct Run {
        std::vector<std::int32_t> ids;
        std::vector<float> nll;
    };
    std::map<int, Run> runs;
};

// runs: the trace's. Errors: the file cannot be read.
Result<LossComparison> readLossComparison(Reader& reader, const std::vector<RunInfo>& runs,
                                          const Point& point, KnownLosses& known);

} // namespace attendre
