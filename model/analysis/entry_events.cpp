#include "model/analysis/entry_events.h"

#include <algorithm>

namespace attendre {

std::optional<EntrySample> sampleEntry(const HeadState& state, int step, std::int32_t position,
                                       const EvictionRules& next) {
    const auto found = std::find(state.position.begin(), state.position.end(), position);
    if (position == noPosition || found == state.position.end())
        return std::nullopt;
    const auto slot = std::size_t(found - state.position.begin());
    EntrySample sample;
    sample.step = step;
    if (slot < state.hits.size())
        sample.hits = state.hits[slot];
    if (slot < state.lastTick.size())
        sample.lastTick = state.lastTick[slot];
    if (slot < state.lastMass.size())
        sample.lastMass = state.lastMass[slot];
    const EvictionRanking ranking = rankCandidates(state, next);
    sample.place = ranking.placeOf(position);
    sample.candidates = int(ranking.candidates.size());
    sample.victims = ranking.victims;
    sample.near = nearlyEvicted(ranking, sample.place);
    return sample;
}

namespace {

// New hits in after since before; nothing when it was not attended or that is not recorded.
std::optional<int> attendedSince(const EntrySample& after, const EntrySample* before) {
    if (after.hits && (!before || before->hits)) {
        const std::uint32_t had = before ? *before->hits : 0;
        if (*after.hits > had)
            return int(*after.hits - had);
    }
    if (before && after.lastTick && before->lastTick && *after.lastTick > *before->lastTick)
        return 0;
    return std::nullopt;
}

} // namespace

std::vector<EntryEvent> entryEvents(const Life& life, const std::vector<EntrySample>& samples) {
    std::vector<EntryEvent> events;
    if (life.insertedStep < 0)
        return events;
    using Kind = EntryEvent::Kind;
    events.push_back({life.insertedStep, Kind::Inserted, 0, -1, 0});
    const EntrySample* before = nullptr;
    for (const EntrySample& sample : samples) {
        if (const auto hits = attendedSince(sample, before))
            events.push_back({sample.step, Kind::Attended, *hits, -1, 0});
        if (sample.near && life.evictedStep != sample.step + 1)
            events.push_back(
                {sample.step + 1, Kind::NearlyEvicted, 0, sample.place, sample.victims});
        before = &sample;
    }
    if (life.evictedStep >= 0)
        events.push_back({life.evictedStep, Kind::Evicted, 0, -1, 0});
    std::stable_sort(events.begin(), events.end(), [](const EntryEvent& a, const EntryEvent& b) {
        if (a.step != b.step)
            return a.step < b.step;
        // Within a step eviction comes before retrieval.
        const auto order = [](Kind kind) {
            return kind == Kind::NearlyEvicted ? 0
                   : kind == Kind::Evicted     ? 1
                   : kind == Kind::Inserted    ? 2
                                               : 3;
        };
        return order(a.kind) < order(b.kind);
    });
    return events;
}

std::vector<int> spreadSteps(int first, int last, int count) {
    std::vector<int> steps;
    const qint64 n = qint64(last) - first + 1;
    if (n <= 0 || count <= 0)
        return steps;
    if (n <= count) {
        for (int step = first; step <= last; ++step)
            steps.push_back(step);
        return steps;
    }
    if (count == 1)
        return {first};
    for (qint64 i = 0; i < count; ++i)
        steps.push_back(int(first + i * (n - 1) / (count - 1)));
    return steps;
}

} // namespace attendre
