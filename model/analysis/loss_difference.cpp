#include "model/analysis/loss_difference.h"

#include "model/analysis/layer_course.h"
#include "model/analysis/parted_entries.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

namespace attendre {

namespace {

constexpr std::int32_t tokensAtOnce = 4096;

bool larger(const LossDifference& a, const LossDifference& b) {
    const double sizeA = std::abs(a.difference()), sizeB = std::abs(b.difference());
    return sizeA != sizeB ? sizeA > sizeB : a.position < b.position;
}

Error interrupted(const ComparedRuns& runs) {
    return {QString("The comparison of %1 was interrupted: start it again.")
                .arg(runs.a.reader->path())};
}

// What a position was worth to a query, over the heads in which the other run had lost it.
struct Missed {
    double weight = 0;
    int heads = 0;
    double most = 0; // in one head
    int layer = -1, head = -1;
};
using MissedEntries = std::map<std::int32_t, Missed>;

// The run that kept the entries, and the one that did worse without them.
struct Sides {
    const ComparedReading *keeper, *loser;
    int keptStep = -1, lostStep = -1; // in which the query was answered
    std::int32_t query = 0;
};

Result<void> lookAtLayer(const Sides& sides, int layer, MissedEntries& missed) {
    const auto state = sides.loser->reader->layerState(sides.loser->run.run, sides.lostStep, layer);
    if (!state)
        return state.error();
    for (int head = 0; head < int(state->heads.size()); ++head) {
        const auto queries =
            sides.keeper->reader->attention(sides.keeper->run.run, sides.keptStep, layer, head);
        if (!queries)
            return queries.error();
        const auto asked =
            std::find_if(queries->begin(), queries->end(), [&](const QueryAttention& attention) {
                return attention.queryPosition == sides.query;
            });
        if (asked == queries->end())
            continue;
        const auto& positions = state->heads[std::size_t(head)].position;
        const std::unordered_set<std::int32_t> held(positions.begin(), positions.end());
        for (const AttendedEntry& entry : asked->top) {
            if (held.contains(entry.position))
                continue;
            Missed& sum = missed[entry.position];
            sum.weight += double(entry.weight);
            ++sum.heads;
            if (double(entry.weight) > sum.most || sum.layer < 0) {
                sum.most = double(entry.weight);
                sum.layer = layer;
                sum.head = head;
            }
        }
    }
    return {};
}

// The entry that mattered most; of equals the older.
Result<LossCause> lostEntry(const Sides& sides, const MissedEntries& missed) {
    LossCause cause;
    cause.kind = LossCause::Kind::LostEntry;
    for (const auto& [position, sum] : missed) {
        if (sum.weight <= cause.weight && cause.entry != noPosition)
            continue;
        const auto life =
            sides.loser->reader->life(sides.loser->run.run, sum.layer, sum.head, position);
        if (!life)
            return life.error();
        if (life->evictedStep < 0 || life->evictedStep > sides.lostStep)
            continue;
        cause.entry = position;
        cause.weight = sum.weight;
        cause.heads = sum.heads;
        cause.layer = sum.layer;
        cause.head = sum.head;
        cause.step = life->evictedStep;
    }
    return cause;
}

// In place of a lost entry: where the runs part first by the step in which the query was answered.
Result<LossCause> firstParting(const ComparedRuns& runs, const RunDivergence& divergence,
                               LossCause cause, int stepOfA) {
    const auto first = divergence.first(stepOfA);
    if (!first) {
        cause.kind = LossCause::Kind::NotParted;
        return cause;
    }
    const auto parting = partedEntries(runs, *first);
    if (!parting)
        return parting.error();
    const auto& left = cause.inA ? parting->leftA : parting->leftB;
    cause.layer = first->layer;
    cause.head = first->head;
    cause.step = cause.inA ? first->stepA : first->stepB;
    if (left) {
        cause.entry = left->position;
        const int step = (cause.inA ? left->a : left->b).step;
        cause.step = step >= 0 ? step : cause.step;
    }
    return cause;
}

} // namespace

Result<LossDifferences> lossDifferences(const ComparedRuns& runs, int most, const Cancel& cancel) {
    LossDifferences found;
    double sumA = 0, sumB = 0;
    for (std::int32_t first = 0; first < runs.tokens; first += tokensAtOnce) {
        if (cancel.requested())
            return interrupted(runs);
        const std::int32_t count = std::min(tokensAtOnce, runs.tokens - first);
        const auto a = runs.a.reader->tokens(runs.a.run.run, first, count);
        if (!a)
            return a.error();
        const auto b = runs.b.reader->tokens(runs.b.run.run, first, count);
        if (!b)
            return b.error();
        for (std::size_t i = 0; i < std::min(a->size(), b->size()); ++i) {
            const TokenInfo &one = (*a)[i], &other = (*b)[i];
            if (!std::isfinite(one.nll) || !std::isfinite(other.nll))
                continue;
            ++found.tokens;
            sumA += double(one.nll);
            sumB += double(other.nll);
            if (one.nll != other.nll)
                found.largest.push_back({one.position, one.text, one.nll, other.nll});
        }
        const auto kept = std::min(found.largest.size(), std::size_t(std::max(0, most)));
        std::partial_sort(found.largest.begin(), found.largest.begin() + std::ptrdiff_t(kept),
                          found.largest.end(), larger);
        found.largest.resize(kept);
    }
    if (found.tokens > 0) {
        found.meanA = sumA / double(found.tokens);
        found.meanB = sumB / double(found.tokens);
    }
    return found;
}

Result<LossCause> lossCause(const ComparedRuns& runs, const RunDivergence& divergence,
                            const LossDifference& token, const Cancel& cancel) {
    const bool inA = token.difference() < 0;
    Sides sides{inA ? &runs.b : &runs.a, inA ? &runs.a : &runs.b};
    sides.query = token.position - 1;
    LossCause cause;
    cause.inA = inA;
    // Tokens are predicted where no query waits: in one step in all layers.
    for (auto [reading, step] :
         {std::pair(sides.keeper, &sides.keptStep), std::pair(sides.loser, &sides.lostStep)}) {
        const auto answered =
            answeredStep(*reading->reader, reading->run, 0, sides.query, reading->steps);
        if (!answered)
            return answered.error();
        *step = *answered;
    }
    if (sides.keptStep < 0 || sides.lostStep < 0)
        return cause;
    const int stepOfA = inA ? sides.lostStep : sides.keptStep;
    cause.kind = LossCause::Kind::NotRecorded;
    if (sides.keeper->run.configuration.asked.detail != QLatin1String("full"))
        return firstParting(runs, divergence, cause, stepOfA);
    MissedEntries missed;
    for (int layer = 0; layer < runs.a.run.shape.layers; ++layer) {
        if (cancel.requested())
            return interrupted(runs);
        if (auto looked = lookAtLayer(sides, layer, missed); !looked)
            return looked.error();
    }
    auto lost = lostEntry(sides, missed);
    if (!lost)
        return lost.error();
    lost->inA = inA;
    if (lost->entry != noPosition)
        return lost;
    cause.kind = LossCause::Kind::NothingLost;
    return firstParting(runs, divergence, cause, stepOfA);
}

} // namespace attendre
