#include "model/analysis/layer_check.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace attendre {

namespace {

// Masses are stored as float sums of float32 weights.
constexpr double massTolerance = 1e-4;

QString inHead(int head, const QString& sentence) {
    return QString("head %1: %2").arg(head).arg(sentence);
}

// Where the arrivals go: free slots first, ascending, then the victims' in ascending slot order.
std::vector<int> placesFor(const std::vector<std::int32_t>& held,
                           const std::vector<Eviction>& evictions) {
    std::vector<int> places, freed;
    for (size_t slot = 0; slot < held.size(); ++slot)
        if (held[slot] == noPosition)
            places.push_back(int(slot));
    for (const Eviction& eviction : evictions)
        freed.push_back(eviction.slot);
    std::sort(freed.begin(), freed.end());
    places.insert(places.end(), freed.begin(), freed.end());
    return places;
}

} // namespace

LayerCheck::LayerCheck(const RunInfo& run, int layer)
    : m_configuration(run.configuration), m_interventions(interventionsOf(run)), m_layer(layer) {
    m_outputs = layer == outputLayer(run);
    if (m_outputs) {
        m_configuration.sinks = run.configuration.outputSinks;
        m_configuration.recent = run.configuration.outputRecent;
    }
    const int memory = m_outputs ? run.configuration.outputMemory
                       : layer < int(run.configuration.memory.size())
                           ? run.configuration.memory[size_t(layer)]
                           : 0;
    m_slots.assign(size_t(headCount(run, layer)),
                   std::vector<std::int32_t>(size_t(memory), noPosition));
    m_group = run.shape.heads > 0 ? run.shape.queryHeads / run.shape.heads : 1;
    // A run that another program wrote may not know by what its cache ranked: it has no label then.
    m_ranksDecide = run.policy.name != "random" && run.configuration.granularity != "layer" &&
                    !run.policy.rankLabel.isEmpty();
}

bool LayerCheck::isProtected(std::int32_t position, const LayerStepInfo& step, int head) const {
    const ChangedEntries changed = changedEntries(m_interventions, step.step, m_layer, head);
    if (changed.drops(position))
        return false;
    if (changed.keeps(position))
        return true;
    if (position < m_configuration.sinks)
        return true;
    if (position >= step.firstPosition - m_configuration.recent)
        return true;
    return std::any_of(
        m_configuration.asked.pins.begin(), m_configuration.asked.pins.end(),
        [&](const auto& pin) { return pin.first <= position && position <= pin.second; });
}

QStringList LayerCheck::follow(const LayerStepInfo& step, const LayerState& state,
                               const std::vector<std::vector<Eviction>>& evictions) {
    QStringList sentences;
    if (step.step == 0 && step.arrived == 0 && step.occupancy > 0)
        begin(step, state);
    if (state.heads.size() != m_slots.size())
        return {QString("it has %1 heads of %2").arg(state.heads.size()).arg(m_slots.size())};
    if (step.arrived > 0 && step.firstPosition != m_next)
        sentences
            << QString("position %1 arrived where %2 was next").arg(step.firstPosition).arg(m_next);
    if (!m_outputs && step.answered > 0 && step.firstAnswered != m_nextAnswered)
        sentences << QString("query %1 was answered where %2 was next")
                         .arg(step.firstAnswered)
                         .arg(m_nextAnswered);
    m_next += step.arrived;
    m_nextAnswered += step.answered;
    if (step.tick != m_next)
        sentences << QString("its tick is %1 after %2 arrivals").arg(step.tick).arg(m_next);
    if (!m_outputs && step.waiting != m_next - m_nextAnswered)
        sentences << QString("%1 queries wait, but %2 came and were not answered")
                         .arg(step.waiting)
                         .arg(m_next - m_nextAnswered);
    for (size_t head = 0; head < m_slots.size(); ++head)
        sentences += followHead(int(head), step, state.heads[head], evictions[head]);
    m_before = state.heads;
    m_occupancy = step.occupancy;
    return sentences;
}

// The state that a run was begun with is taken as it is.
void LayerCheck::begin(const LayerStepInfo& step, const LayerState& state) {
    for (size_t head = 0; head < std::min(m_slots.size(), state.heads.size()); ++head)
        m_slots[head] = state.heads[head].position;
    m_inherited = m_next = std::int32_t(step.tick);
    m_nextAnswered = m_next - step.waiting;
}

QStringList LayerCheck::followHead(int head, const LayerStepInfo& step, const HeadState& state,
                                   const std::vector<Eviction>& evictions) {
    std::vector<std::int32_t>& held = m_slots[size_t(head)];
    if (state.position.size() != held.size())
        return {inHead(
            head,
            QString("its memory has %1 slots of %2").arg(state.position.size()).arg(held.size()))};
    QStringList sentences;
    if (int(evictions.size()) != step.evicted)
        sentences << inHead(head, QString("%1 evictions where the step counts %2")
                                      .arg(evictions.size())
                                      .arg(step.evicted));
    sentences += victimsAllowed(head, step, evictions);
    sentences += victimsLowest(head, step, evictions);
    const std::vector<int> places = placesFor(held, evictions);
    if (int(places.size()) < step.arrived)
        return sentences << inHead(
                   head,
                   QString("%1 arrivals found %2 slots").arg(step.arrived).arg(places.size()));
    for (int i = 0; i < step.arrived; ++i)
        held[size_t(places[size_t(i)])] = step.firstPosition + i;
    const auto difference =
        std::mismatch(held.begin(), held.end(), state.position.begin(), state.position.end());
    if (difference.first != held.end()) {
        sentences << inHead(head, QString("slot %1 holds position %2 where the rules put %3")
                                      .arg(difference.first - held.begin())
                                      .arg(*difference.second)
                                      .arg(*difference.first));
        held = state.position;
    }
    const auto occupied =
        std::count_if(held.begin(), held.end(), [](auto p) { return p != noPosition; });
    if (occupied != step.occupancy)
        sentences << inHead(
            head,
            QString("%1 residents where the step counts %2").arg(occupied).arg(step.occupancy));
    return sentences + massAddsUp(head, step, state);
}

QStringList LayerCheck::victimsAllowed(int head, const LayerStepInfo& step,
                                       const std::vector<Eviction>& evictions) const {
    QStringList sentences;
    const std::vector<std::int32_t>& held = m_slots[size_t(head)];
    for (const Eviction& eviction : evictions) {
        const bool inRange = eviction.slot >= 0 && eviction.slot < int(held.size());
        if (!inRange || held[size_t(eviction.slot)] != eviction.position)
            sentences << inHead(head, QString("position %1 was evicted from slot %2, where it was "
                                              "not")
                                          .arg(eviction.position)
                                          .arg(eviction.slot));
        else if (isProtected(eviction.position, step, head))
            sentences << inHead(
                head,
                QString("position %1 was evicted though it is protected").arg(eviction.position));
    }
    return sentences;
}

QStringList LayerCheck::victimsLowest(int head, const LayerStepInfo& step,
                                      const std::vector<Eviction>& evictions) const {
    if (!m_ranksDecide || evictions.empty() || m_before.size() != m_slots.size())
        return {};
    const HeadState& before = m_before[size_t(head)];
    if (before.rank.size() != before.position.size())
        return {};
    // What a person drops goes first; ties go to the older insertion, which has the lower position.
    const ChangedEntries changed = changedEntries(m_interventions, step.step, m_layer, head);
    std::tuple<bool, double, std::int32_t> highest(false, -HUGE_VAL, noPosition);
    std::vector<char> victim(before.position.size(), 0);
    for (const Eviction& eviction : evictions) {
        if (eviction.slot < 0 || eviction.slot >= int(victim.size()))
            return {};
        victim[size_t(eviction.slot)] = 1;
        highest = std::max(highest, {!changed.drops(eviction.position),
                                     before.rank[size_t(eviction.slot)], eviction.position});
    }
    for (size_t slot = 0; slot < victim.size(); ++slot) {
        const std::int32_t position = before.position[slot];
        if (victim[slot] || position == noPosition || isProtected(position, step, head))
            continue;
        if (std::tuple(!changed.drops(position), before.rank[slot], position) < highest)
            return {inHead(head, QString("position %1 was evicted though position %2 ranks below "
                                         "it")
                                     .arg(std::get<2>(highest))
                                     .arg(position))};
    }
    return {};
}

QStringList LayerCheck::massAddsUp(int head, const LayerStepInfo& step,
                                   const HeadState& state) const {
    const QString& group = m_configuration.asked.group;
    if (!state.columns() || group == "max" || m_outputs || m_inherited > 0)
        return {};
    double sum = 0;
    for (float mass : state.lastMass)
        sum += double(mass);
    const double expected = double(step.answered) * (group == "sum" ? m_group : 1);
    if (std::abs(sum - expected) <= massTolerance * std::max(1.0, expected))
        return {};
    return {inHead(head, QString("the step's mass adds up to %1 where %2 was given")
                             .arg(sum, 0, 'g', 8)
                             .arg(expected, 0, 'g', 8))};
}

QStringList LayerCheck::conclude(bool complete) const {
    if (complete && !m_outputs && m_nextAnswered != m_next)
        return {QString("%1 queries were never answered").arg(m_next - m_nextAnswered)};
    return {};
}

} // namespace attendre
