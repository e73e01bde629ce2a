#include "widgets/what_if_content.h"

#include "widgets/plot_text.h"

#include <algorithm>

namespace attendre {

const RunInfo* whatIfSource(const std::vector<RunInfo>& runs, const RunInfo& run) {
    const auto serves = [&](const RunInfo& other) {
        return checkReplayable(other).ok() && other.modelHash == run.modelHash &&
               other.documentHash == run.documentHash && other.tokens == run.tokens &&
               other.configuration.mode == run.configuration.mode &&
               (run.configuration.mode == QStringLiteral("causal") ||
                (chunkOf(other) == chunkOf(run) &&
                 other.configuration.queryMemory == run.configuration.queryMemory));
    };
    const RunInfo* found = nullptr;
    for (const RunInfo& other : runs)
        if (serves(other) && (!found || other.run == run.run || other.run == run.parent))
            found = &other;
    return found;
}

WhatIfAsked whatIfProposal(const RunInfo& run) {
    const ResolvedConfiguration& r = run.configuration;
    WhatIfAsked asked{run.policy.name, memoryOf(run, 0), r.sinks, r.recent};
    if (asked.memory >= run.tokens)
        asked.memory = std::min(
            int(run.tokens), std::max(int(run.tokens) / 4, r.sinks + r.recent + 2 * chunkOf(run)));
    return asked;
}

Configuration whatIfConfiguration(const RunInfo& source, const RunInfo& run,
                                  const WhatIfAsked& asked) {
    Configuration c = source.configuration.asked;
    c.chunk = chunkOf(run); // steps that can be laid beside the run's
    c.policy = asked.policy;
    c.memory = {asked.memory};
    c.sinks = asked.sinks;
    c.recent = asked.recent;
    c.pure = false;
    c.granularity.clear();
    return c;
}

namespace {

Result<void> replayHead(Reader& reader, const ReplayPlan& plan, const Point& point,
                        WhatIfCache& cache) {
    const int head = plan.configuration.granularity == QStringLiteral("layer") ? -1 : point.head;
    const bool there = cache.frozen && cache.frozen->run() == plan.recorded.run &&
                       cache.frozen->layer() == point.layer && cache.frozen->head() == head;
    const Configuration& asked = plan.configuration.asked;
    if (there && cache.replay && cache.head == point.head &&
        toJson(cache.configuration) == toJson(asked))
        return {};
    cache.replay.reset();
    if (!there) {
        auto frozen = FrozenHead::read(reader, plan.recorded, point.layer, head);
        if (!frozen)
            return frozen.error();
        cache.frozen = frozen.take();
    }
    auto replay = cache.frozen->replay(plan, point.head, Cancel());
    if (!replay)
        return replay.error();
    cache.replay = replay.take();
    cache.configuration = asked;
    cache.head = point.head;
    return {};
}

Result<void> readRecorded(Reader& reader, const RunInfo& run, WhatIfContent& content) {
    const Point& p = content.point;
    auto state = reader.layerState(p.run, p.step, p.layer);
    if (!state)
        return state.error();
    for (const std::int32_t position : state->heads[std::size_t(p.head)].position)
        if (position != noPosition)
            content.recorded.push_back(position);
    std::sort(content.recorded.begin(), content.recorded.end());
    for (std::int32_t position = 0; position < std::int32_t(run.tokens); ++position) {
        const bool here = content.replay.isResident(position, p.step);
        const bool there =
            std::binary_search(content.recorded.begin(), content.recorded.end(), position);
        content.both += here && there;
        content.onlyHere += here && !there;
        content.onlyRecorded += there && !here;
    }
    auto steps = reader.stepCount(p.run);
    if (!steps || !hasSeries(run, Series::SeenCoverage))
        return steps ? Result<void>() : steps.error();
    auto kept = reader.extents(p.run, Series::SeenCoverage, p.layer, p.head, 0, *steps - 1, *steps);
    if (!kept)
        return kept.error();
    content.recordedKept = kept.take();
    return {};
}

} // namespace

Result<WhatIfContent> readWhatIf(Reader& reader, const RunInfo& source, const RunInfo& run,
                                 const Point& point, const WhatIfAsked& asked, WhatIfCache& cache) {
    WhatIfContent content;
    content.point = point;
    content.source = source;
    content.asked = asked;
    const auto plan = planReplay(reader, source, whatIfConfiguration(source, run, asked));
    if (!plan) {
        content.refusal = plan.error().sentence;
        return content;
    }
    if (auto replayed = replayHead(reader, *plan, point, cache); !replayed)
        return replayed.error();
    content.replay = *cache.replay;
    if (auto read = readRecorded(reader, run, content); !read)
        return read.error();
    return content;
}

} // namespace attendre
