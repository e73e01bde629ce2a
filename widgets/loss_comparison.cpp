#include "widgets/loss_comparison.h"

#include "model/analysis/series.h"
#include "widgets/metrics_content.h"
#include "widgets/run_name.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attendre {

namespace {

// What a run has recorded since it was looked at last.
Result<void> readNew(Reader& reader, int run, KnownLosses::Run& known) {
    const auto count = reader.stepCount(run);
    if (!count)
        return count.error();
    if (*count == 0)
        return {};
    const auto last = reader.steps(run, *count - 1, 1);
    if (!last)
        return last.error();
    const auto have = std::int32_t(known.nll.size());
    const std::int32_t end =
        last->empty() ? 0 : last->front().firstPosition + last->front().arrived;
    if (have >= end)
        return {};
    const auto tokens = reader.tokens(run, have, end - have);
    if (!tokens)
        return tokens.error();
    for (const TokenInfo& token : *tokens) {
        known.ids.push_back(token.id);
        known.nll.push_back(token.nll);
    }
    return {};
}

double meanOf(const std::vector<float>& nll, std::int32_t end) {
    double sum = 0;
    std::int64_t count = 0;
    for (std::int32_t i = 0; i < end; ++i)
        if (std::isfinite(nll[std::size_t(i)])) {
            sum += double(nll[std::size_t(i)]);
            ++count;
        }
    return count ? sum / double(count) : std::numeric_limits<double>::quiet_NaN();
}

bool readTheSame(const KnownLosses::Run& a, const KnownLosses::Run& b) {
    const auto count = std::ptrdiff_t(std::min(a.ids.size(), b.ids.size()));
    return count > 0 && std::equal(a.ids.begin(), a.ids.begin() + count, b.ids.begin());
}

// The step's tokens, as far as the run has come to them.
void cut(LossComparison::Run& shown, const KnownLosses::Run& known, const StepInfo& step) {
    const std::int32_t from = std::max(0, step.firstPosition - lossMeanWindow);
    const std::int32_t end =
        std::min(step.firstPosition + step.arrived, std::int32_t(known.nll.size()));
    if (end <= step.firstPosition)
        return;
    const std::vector<float> around(known.nll.begin() + from, known.nll.begin() + end);
    const std::vector<float> smoothed = runningMean(around, lossMeanWindow);
    for (std::int32_t position = step.firstPosition; position < end; ++position) {
        shown.at.push_back(position);
        shown.nll.push_back(around[std::size_t(position - from)]);
        shown.smoothed.push_back(smoothed[std::size_t(position - from)]);
    }
}

} // namespace

Result<LossComparison> readLossComparison(Reader& reader, const std::vector<RunInfo>& runs,
                                          const Point& point, KnownLosses& known) {
    LossComparison comparison;
    const auto steps = reader.steps(point.run, point.step, 1);
    if (!steps)
        return steps.error();
    for (const RunInfo& run : runs)
        if (auto read = readNew(reader, run.run, known.runs[run.run]); !read)
            return read.error();
    const KnownLosses::Run& own = known.runs[point.run];
    if (steps->empty() || own.nll.empty())
        return comparison;
    comparison.tokens = std::min(steps->front().firstPosition + steps->front().arrived,
                                 std::int32_t(own.nll.size()));
    std::vector<const RunInfo*> shown;
    for (const RunInfo& run : runs) {
        const KnownLosses::Run& other = known.runs[run.run];
        if (!readTheSame(own, other))
            continue;
        shown.insert(run.run == point.run ? shown.begin() : shown.end(), &run);
        comparison.tokens = std::min(comparison.tokens, std::int32_t(other.nll.size()));
    }
    if (shown.size() < 2)
        return comparison;
    for (const RunInfo* run : shown) {
        const KnownLosses::Run& losses = known.runs[run->run];
        LossComparison::Run made;
        made.run = run->run;
        made.name = runName(*run, runs);
        made.mean = meanOf(losses.nll, comparison.tokens);
        cut(made, losses, steps->front());
        if (std::isfinite(made.mean))
            comparison.runs.push_back(std::move(made));
    }
    return comparison;
}

} // namespace attendre
