#include "model/analysis/kept_sets.h"

#include <algorithm>

namespace attendre {

namespace {

Result<std::int64_t> keysSeen(const ComparedReading& reading, int step, int layer) {
    if (step < 0)
        return std::int64_t(0);
    const auto layers = reading.reader->layerSteps(reading.run.run, step);
    if (!layers)
        return layers.error();
    return std::size_t(layer) < layers->size() ? (*layers)[std::size_t(layer)].tick : 0;
}

} // namespace

Result<std::vector<std::int32_t>> residents(const ComparedReading& reading, int step, int layer,
                                            int head) {
    std::vector<std::int32_t> held;
    if (step < 0)
        return held;
    const auto state = reading.reader->layerState(reading.run.run, step, layer);
    if (!state)
        return state.error();
    if (head < 0 || std::size_t(head) >= state->heads.size())
        return Error{QString("Run %1 of %2 has no K/V head %3: its heads are 0 to %4.")
                         .arg(reading.run.run)
                         .arg(reading.reader->path())
                         .arg(head)
                         .arg(int(state->heads.size()) - 1)};
    for (const std::int32_t position : state->heads[std::size_t(head)].position)
        if (position != noPosition)
            held.push_back(position);
    std::sort(held.begin(), held.end());
    return held;
}

std::vector<std::int32_t> KeptSets::of(Kept which) const {
    std::vector<std::int32_t> positions;
    for (std::size_t position = 0; position < kept.size(); ++position)
        if (kept[position] == which)
            positions.push_back(std::int32_t(position));
    return positions;
}

Result<KeptSets> keptSets(const ComparedRuns& runs, int stepA, int stepB, int layer, int head) {
    const auto seenA = keysSeen(runs.a, stepA, layer), seenB = keysSeen(runs.b, stepB, layer);
    if (!seenA)
        return seenA.error();
    if (!seenB)
        return seenB.error();
    const auto inA = residents(runs.a, stepA, layer, head);
    if (!inA)
        return inA.error();
    const auto inB = residents(runs.b, stepB, layer, head);
    if (!inB)
        return inB.error();
    KeptSets sets;
    sets.kept.assign(std::size_t(std::max(*seenA, *seenB)), Kept::Neither);
    for (const std::int32_t position : *inA)
        if (std::size_t(position) < sets.kept.size())
            sets.kept[std::size_t(position)] = Kept::OnlyA;
    for (const std::int32_t position : *inB)
        if (std::size_t(position) < sets.kept.size()) {
            Kept& kept = sets.kept[std::size_t(position)];
            kept = kept == Kept::OnlyA ? Kept::Both : Kept::OnlyB;
        }
    for (const Kept kept : sets.kept) {
        sets.both += kept == Kept::Both;
        sets.onlyA += kept == Kept::OnlyA;
        sets.onlyB += kept == Kept::OnlyB;
        sets.neither += kept == Kept::Neither;
    }
    return sets;
}

} // namespace attendre
