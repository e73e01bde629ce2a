#include "model/analysis/parted_entries.h"

#include "model/analysis/kept_sets.h"

#include <algorithm>

namespace attendre {

namespace {

// How the entry stood in the eviction of a step.
Result<EntryStanding> standingAt(const ComparedReading& reading, int step, int layer, int head,
                                 std::int32_t position) {
    EntryStanding standing;
    if (step < 1)
        return standing;
    standing.step = step;
    Reader& reader = *reading.reader;
    const auto layers = reader.layerSteps(reading.run.run, step);
    if (!layers)
        return layers.error();
    const auto before = reader.layerState(reading.run.run, step - 1, layer);
    if (!before)
        return before.error();
    const auto evictions = reader.evictions(reading.run.run, step, layer, head);
    if (!evictions)
        return evictions.error();
    const LayerStepInfo& info = (*layers)[std::size_t(layer)];
    EvictionRanking ranking = rankCandidates(
        before->heads[std::size_t(head)],
        evictionRules(reading.run, {step, layer, head}, info.firstPosition, info.arrived));
    const bool agrees = applyRecorded(ranking, *evictions);
    standing.candidates = int(ranking.candidates.size());
    standing.victims = ranking.victims;
    standing.protection = ranking.protectionOf(position);
    standing.place = ranking.placeOf(position);
    standing.ranked = standing.place >= 0;
    if (!standing.ranked)
        return standing;
    const Candidate& candidate = ranking.candidates[std::size_t(standing.place)];
    standing.victim = candidate.victim;
    if (agrees || candidate.victim)
        standing.rank = candidate.rank;
    if (agrees && ranking.cut())
        standing.cut = ranking.firstSurvivor()->rank;
    return standing;
}

// The oldest entry that one holds and the other does not.
std::optional<std::int32_t> oldest(const std::vector<std::int32_t>& in,
                                   const std::vector<std::int32_t>& notIn) {
    for (const std::int32_t position : in)
        if (!std::binary_search(notIn.begin(), notIn.end(), position))
            return position;
    return {};
}

// The step in which the run that evicted it did so; the other's is that of the meeting.
Result<int> evictionStep(const ComparedReading& reading, const HeadDivergence& at,
                         std::int32_t position, int otherwise) {
    const auto life = reading.reader->life(reading.run.run, at.layer, at.head, position);
    if (!life)
        return life.error();
    return life->evictedStep >= 0 ? life->evictedStep : otherwise;
}

Result<std::optional<PartedEntry>> parted(const ComparedRuns& runs, const HeadDivergence& at,
                                          std::optional<std::int32_t> position, bool fromA) {
    if (!position)
        return std::optional<PartedEntry>();
    const auto left =
        evictionStep(fromA ? runs.a : runs.b, at, *position, fromA ? at.stepA : at.stepB);
    if (!left)
        return left.error();
    const auto a = standingAt(runs.a, fromA ? *left : at.stepA, at.layer, at.head, *position);
    if (!a)
        return a.error();
    const auto b = standingAt(runs.b, fromA ? at.stepB : *left, at.layer, at.head, *position);
    if (!b)
        return b.error();
    return std::optional<PartedEntry>(PartedEntry{*position, *a, *b});
}

} // namespace

Result<Parting> partedEntries(const ComparedRuns& runs, const HeadDivergence& at) {
    const auto inA = residents(runs.a, at.stepA, at.layer, at.head);
    if (!inA)
        return inA.error();
    const auto inB = residents(runs.b, at.stepB, at.layer, at.head);
    if (!inB)
        return inB.error();
    const auto leftA = parted(runs, at, oldest(*inB, *inA), true);
    if (!leftA)
        return leftA.error();
    const auto leftB = parted(runs, at, oldest(*inA, *inB), false);
    if (!leftB)
        return leftB.error();
    return Parting{at, *leftA, *leftB};
}

} // namespace attendre
