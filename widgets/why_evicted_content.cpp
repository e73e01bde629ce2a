#include "widgets/why_evicted_content.h"

#include "model/analysis/next_step.h"
#include "widgets/plot_text.h"
#include "widgets/point_reading.h"

#include <QCoreApplication>

#include <algorithm>

namespace attendre {

namespace {

// The step whose eviction is explained: the one in which the entry went, or the one to come.
Result<void> chooseStep(Reader& reader, const RunInfo& run, EvictionReason& reason) {
    const Point& point = reason.asked;
    reason.step = point.step;
    if (point.entry == noPosition)
        return {};
    const auto life = reader.life(point.run, point.layer, point.head, point.entry);
    if (!life)
        return life.error();
    reason.entry = point.entry;
    reason.insertedStep = life->insertedStep;
    reason.evictedStep = life->evictedStep;
    reason.arrived = life->insertedStep >= 0 && life->insertedStep <= point.step;
    const auto before = leftBeforeAsking(reader, run, point, point.entry);
    if (!before)
        return before.error();
    reason.leftBefore = *before;
    if (life->evictedStep >= 0 && life->evictedStep <= point.step) {
        reason.step = life->evictedStep;
    } else if (reason.arrived) {
        reason.step = point.step + 1;
        reason.toCome = true;
    }
    return {};
}

// What arrives in the step that is explained: as recorded, or as the step after the last recorded
// one will bring it; where the run is over, as if there were another chunk.
Result<void> chooseRules(Reader& reader, const RunInfo& run, int steps, EvictionReason& reason) {
    const bool recorded = reason.step < steps;
    const auto layers = reader.layerSteps(run.run, recorded ? reason.step : reason.step - 1);
    if (!layers)
        return layers.error();
    const auto index = std::size_t(reason.asked.layer);
    if (index >= layers->size())
        return {};
    const LayerStepInfo& layer = (*layers)[index];
    const EvictionPlace place{reason.step, layer.layer, reason.asked.head};
    if (recorded) {
        reason.rules = evictionRules(run, place, layer.firstPosition, layer.arrived);
        return {};
    }
    const NextStep next = nextStep(run, *layers);
    reason.rules = evictionRules(run, place, std::int32_t(layer.tick),
                                 next.over ? chunkOf(run) : next.arriving[index]);
    return {};
}

QString columnValue(const HeadState& state, const PolicyDescription& policy, const QString& column,
                    const Candidate& candidate) {
    const auto slot = std::size_t(std::max(0, candidate.slot));
    const auto value = [&](const auto& values) {
        return slot < values.size() ? shortNumber(double(values[slot])) : QString();
    };
    // Keys arrive in order of position: the first has tick 1.
    const bool tick = column == QLatin1String("tick") || column == QLatin1String("tick_inserted");
    const QString text = tick || column == QLatin1String("position")
                             ? wholeNumber(candidate.position + int(tick))
                         : column == QLatin1String("last_tick") ? value(state.lastTick)
                         : column == QLatin1String("hits")      ? value(state.hits)
                         : column == QLatin1String("mass")      ? value(state.mass)
                         : column == QLatin1String("mass_sq")   ? value(state.massSquared)
                         : column == QLatin1String("last_mass") ? value(state.lastMass)
                                                                : QString();
    if (text.isEmpty() && column == policy.rankColumn)
        return shortNumber(candidate.rank);
    return text;
}

// Whom to set side by side, and their columns.
void fillPair(const HeadState& state, const PolicyDescription& policy, EvictionReason& reason) {
    const EvictionRanking& ranking = reason.ranking;
    if (!ranking.cut())
        return;
    const int place = ranking.placeOf(reason.entry);
    const Candidate& left = place >= 0 && place < ranking.victims
                                ? ranking.candidates[std::size_t(place)]
                                : *ranking.lastVictim();
    const Candidate& right = place >= ranking.victims ? ranking.candidates[std::size_t(place)]
                                                      : *ranking.firstSurvivor();
    reason.left = left.position;
    reason.right = right.position;
    const auto leftSlot = std::size_t(std::max(0, left.slot));
    reason.leftNeverHit = leftSlot < state.hits.size() && state.hits[leftSlot] == 0;
    const auto add = [&](const QString& title, const QString& victim, const QString& survivor) {
        if (!victim.isEmpty() || !survivor.isEmpty())
            reason.columns.push_back({title, victim, survivor});
    };
    QStringList columns = policy.columns;
    if (!policy.rankColumn.isEmpty() && !columns.contains(policy.rankColumn))
        columns.prepend(policy.rankColumn);
    if (policy.rankColumn.isEmpty())
        add(policy.rankLabel, shortNumber(left.rank),
            reason.agrees ? shortNumber(right.rank) : QString());
    for (const QString& column : columns)
        add(columnTitle(column), columnValue(state, policy, column, left),
            columnValue(state, policy, column, right));
    const auto inserted = [&](const Candidate& candidate) {
        const auto slot = std::size_t(std::max(0, candidate.slot));
        return slot < state.insertedStep.size() ? wholeNumber(state.insertedStep[slot]) : QString();
    };
    add(QCoreApplication::translate("EvictionReason", "arrived in step"), inserted(left),
        inserted(right));
}

// Which query's hit decided: ticks are counted from 1 as the keys arrive, and without a Q memory
// the query of a tick is that of the key which arrived with it.
void findDeciding(const RunInfo& run, EvictionReason& reason) {
    const std::vector<int>& waiting = run.configuration.queryMemory;
    const bool waits = std::any_of(waiting.begin(), waiting.end(), [](int n) { return n > 0; });
    const int place = reason.ranking.placeOf(reason.right);
    // The steps of a run that asks are not counted from the first position.
    const bool asks = run.parent > 0 && !run.configuration.replay;
    if (waits || asks || place < 0 || !reason.agrees ||
        run.policy.rankColumn != QLatin1String("last_tick"))
        return;
    const auto query = std::int32_t(reason.ranking.candidates[std::size_t(place)].rank) - 1;
    if (query <= reason.right || query >= reason.rules.firstArrival)
        return; // it was never read by another
    reason.deciding = query;
    reason.decidingStep = query / chunkOf(run);
}

Result<void> readTexts(Reader& reader, EvictionReason& reason) {
    for (const std::int32_t position : {reason.entry, reason.left, reason.right, reason.deciding}) {
        if (position == noPosition || reason.texts.contains(position))
            continue;
        const auto tokens = reader.tokens(reason.asked.run, position, 1);
        if (!tokens)
            return tokens.error();
        if (!tokens->empty())
            reason.texts[position] = tokens->front().text;
    }
    return {};
}

} // namespace

Result<EvictionReason> readEvictionReason(Reader& reader, const RunInfo& run, const Point& point,
                                          int steps) {
    EvictionReason reason;
    reason.asked = point;
    if (const auto chosen = chooseStep(reader, run, reason); !chosen)
        return chosen.error();
    if (reason.step > 0) {
        if (const auto rules = chooseRules(reader, run, steps, reason); !rules)
            return rules.error();
        const auto before = reader.layerState(point.run, reason.step - 1, point.layer);
        if (!before)
            return before.error();
        if (std::size_t(point.head) < before->heads.size()) {
            const HeadState& state = before->heads[std::size_t(point.head)];
            reason.ranking = rankCandidates(state, reason.rules);
            if (reason.step < steps) {
                const auto recorded =
                    reader.evictions(point.run, reason.step, point.layer, point.head);
                if (!recorded)
                    return recorded.error();
                reason.agrees = applyRecorded(reason.ranking, *recorded);
            } else {
                reason.foreseen = run.policy.name != QLatin1String("random");
            }
            fillPair(state, run.policy, reason);
            findDeciding(run, reason);
        }
    }
    if (const auto texts = readTexts(reader, reason); !texts)
        return texts.error();
    return reason;
}

} // namespace attendre
