#include "tests/engine/step_invariants.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace attendre::slow {

namespace {

QString said(const char* what, double is, double should) {
    return QString("%1 is %2, not %3").arg(what).arg(is, 0, 'g', 10).arg(should, 0, 'g', 10);
}

bool apart(double is, double should, double tolerance) {
    return !(std::abs(is - should) <= tolerance * std::max(1.0, std::abs(should)));
}

} // namespace

StepInvariants::StepInvariants(ResolvedConfiguration configuration, NetworkShape shape, int tokens,
                               double tolerance)
    : m_configuration(std::move(configuration)), m_shape(std::move(shape)), m_tokens(tokens),
      m_tolerance(tolerance) {
    if (auto interventions = interventionsFrom(m_configuration.asked.change))
        m_interventions = interventions.take();
    for (int memory : m_configuration.memory) {
        Head head;
        head.position.assign(memory, noPosition);
        head.rank.assign(memory, 0);
        head.mass.assign(memory, 0);
        head.lastTick.assign(memory, 0);
        head.hits.assign(memory, 0);
        head.life.assign(tokens, 0);
        m_layers.push_back({std::vector<Head>(m_shape.heads, head), 0, 0});
    }
}

// +1: kept by hand, -1: dropped, 0: neither.
int StepInvariants::changed(const LayerRecord& record, int g, std::int32_t position) const {
    for (const Intervention& i : m_interventions)
        if (position >= i.firstPosition && position <= i.lastPosition && m_step >= i.firstStep &&
            m_step <= i.lastStep && (i.layer < 0 || i.layer == record.layer) &&
            (i.head < 0 || i.head == g))
            return i.keep ? 1 : -1;
    return 0;
}

bool StepInvariants::isProtected(const LayerRecord& record, int g, std::int32_t position) const {
    const std::int32_t firstArrival = record.firstPosition;
    if (const int change = changed(record, g, position); change != 0)
        return change > 0;
    if (position < m_configuration.sinks || position >= firstArrival - m_configuration.recent)
        return true;
    const auto& pins = m_configuration.asked.pins;
    return std::any_of(pins.begin(), pins.end(), [&](const auto& pin) {
        return position >= pin.first && position <= pin.second;
    });
}

std::optional<QString> StepInvariants::follow(const StepRecord& step) {
    if (step.firstPosition != m_fed)
        return said("the step's first position", step.firstPosition, m_fed);
    m_fed += step.arrived;
    m_step = step.step;
    if (step.layers.size() != m_layers.size())
        return said("the number of layers", double(step.layers.size()), double(m_layers.size()));
    for (size_t l = 0; l < m_layers.size(); ++l) {
        const LayerRecord& record = step.layers[l];
        Found found = layerFacts(step, record, m_layers[l]);
        for (int g = 0; g < m_shape.heads && !found; ++g) {
            Head& head = m_layers[l].heads[g];
            found = evict(record, g, head);
            if (!found)
                found = insert(record, g, head);
            if (!found)
                found = usage(record, g, head);
            if (!found)
                found = mass(record, g);
            if (!found)
                found = attention(record, g);
            if (found)
                found = QString("K/V head %1: %2").arg(g).arg(*found);
        }
        if (found)
            return QString("step %1, layer %2, %3").arg(step.step).arg(l).arg(*found);
    }
    return std::nullopt;
}

// The clocks and counts of one layer; each query is answered once and in order.
StepInvariants::Found StepInvariants::layerFacts(const StepRecord& step, const LayerRecord& record,
                                                 Layer& layer) const {
    // What arrives is what the layer below has answered.
    const bool lowest = record.layer == 0;
    const LayerRecord& below = step.layers[lowest ? 0 : record.layer - 1];
    const std::int32_t arrived = lowest ? step.arrived : below.answered;
    if (record.arrived != arrived)
        return said("the number of arrivals", record.arrived, arrived);
    if (record.firstPosition != layer.tick)
        return said("the first arrival", record.firstPosition, double(layer.tick));
    if (arrived > 0 && !lowest && record.firstPosition != below.firstAnswered)
        return said("the first arrival", record.firstPosition, below.firstAnswered);
    if (record.firstAnswered != layer.answered)
        return said("the first answered query", record.firstAnswered, layer.answered);
    layer.answered += record.answered;
    const std::int64_t before = layer.tick;
    layer.tick += record.arrived;
    if (record.tick != layer.tick)
        return said("the tick", double(record.tick), double(layer.tick));
    if (record.waiting != layer.tick - layer.answered)
        return said("the number of waiting queries", record.waiting,
                    double(layer.tick - layer.answered));
    const std::int64_t capacity = record.capacity;
    const std::int64_t held = std::min(capacity, before), now = std::min(capacity, layer.tick);
    if (record.occupancy != now)
        return said("the occupancy", record.occupancy, double(now));
    if (record.evicted != held + record.arrived - now)
        return said("the number of victims", record.evicted, double(held + record.arrived - now));
    return std::nullopt;
}

// Victims are unprotected residents, none of them an arrival, and the lowest ranks go.
StepInvariants::Found StepInvariants::evict(const LayerRecord& record, int g, Head& head) {
    std::vector<int> victims;
    for (int i = 0; i < record.evicted; ++i) {
        const size_t at = size_t(g) * record.evicted + i;
        const std::int32_t slot = record.victimSlots.at(at);
        const std::int32_t position = record.victimPositions.at(at);
        if (slot < 0 || slot >= record.capacity || (i > 0 && slot <= victims.back()))
            return QString("victim %1 has slot %2, out of order or range").arg(i).arg(slot);
        if (head.position[slot] != position)
            return said("the position in a victim's slot", position, head.position[slot]);
        if (position < 0 || position >= record.firstPosition || head.life[position] != 1)
            return QString("position %1 is evicted but was not resident").arg(position);
        if (isProtected(record, g, position))
            return QString("the protected position %1 is evicted").arg(position);
        if (record.victimRanks.at(at) != head.rank[slot])
            return said("a victim's rank", record.victimRanks[at], head.rank[slot]);
        victims.push_back(slot);
    }
    if (auto found = lowest(record, g, head, victims))
        return found;
    for (int slot : victims) {
        head.life[head.position[slot]] = 2;
        head.position[slot] = noPosition;
    }
    m_evictions += record.evicted;
    return std::nullopt;
}

StepInvariants::Found StepInvariants::lowest(const LayerRecord& record, int g, const Head& head,
                                             const std::vector<int>& victims) const {
    for (int survivor = 0; survivor < record.capacity; ++survivor) {
        const std::int32_t kept = head.position[survivor];
        if (kept == noPosition || isProtected(record, g, kept) ||
            std::binary_search(victims.begin(), victims.end(), survivor))
            continue;
        for (int victim : victims) {
            const std::int32_t gone = head.position[victim];
            if (std::tuple(changed(record, g, kept) >= 0, head.rank[survivor], kept) <
                std::tuple(changed(record, g, gone) >= 0, head.rank[victim], gone))
                return QString("position %1 of rank %2 is evicted before position %3 of rank %4")
                    .arg(gone)
                    .arg(head.rank[victim], 0, 'g', 17)
                    .arg(kept)
                    .arg(head.rank[survivor], 0, 'g', 17);
        }
    }
    return std::nullopt;
}

// Arrivals take the free slots in ascending order, then the victims'; nothing else moves.
StepInvariants::Found StepInvariants::insert(const LayerRecord& record, int g, Head& head) const {
    std::vector<int> places;
    const auto begin = record.victimSlots.begin() + qsizetype(g) * record.evicted;
    const std::vector<int> victims(begin, begin + record.evicted);
    for (int slot = 0; slot < record.capacity; ++slot)
        if (head.position[slot] == noPosition &&
            !std::binary_search(victims.begin(), victims.end(), slot))
            places.push_back(slot);
    places.insert(places.end(), victims.begin(), victims.end());
    for (int i = 0; i < record.arrived; ++i) {
        const int slot = places.at(i), position = record.firstPosition + i;
        head.position[slot] = position;
        head.mass[slot] = 0;
        head.hits[slot] = 0;
        head.lastTick[slot] = std::uint32_t(record.tick - record.arrived + i + 1);
        head.life[position] = 1;
    }
    for (int slot = 0; slot < record.capacity; ++slot)
        if (record.position.at(size_t(g) * record.capacity + slot) != head.position[slot])
            return QString("slot %1 holds position %2, not %3")
                .arg(slot)
                .arg(record.position[size_t(g) * record.capacity + slot])
                .arg(head.position[slot]);
    return std::nullopt;
}

// The columns go on from the last step by what this step can have added.
StepInvariants::Found StepInvariants::usage(const LayerRecord& record, int g, Head& head) const {
    const double h = m_configuration.asked.halfLife;
    const double factor = h > 0 ? std::exp2(-record.arrived / h) : 1;
    const std::int64_t answered = record.tick - record.answered;
    for (int slot = 0; slot < record.capacity; ++slot) {
        const size_t at = size_t(g) * record.capacity + slot;
        if (head.position[slot] == noPosition) {
            if (record.mass[at] != 0 || record.hits[at] != 0 || record.lastTick[at] != 0 ||
                record.rank[at] != 0 || record.massSquared[at] != 0 || record.lastMass[at] != 0)
                return QString("the free slot %1 has usage").arg(slot);
            continue;
        }
        const double mass = head.mass[slot] * factor + record.lastMass[at];
        if (apart(record.mass[at], mass, m_tolerance))
            return said("a mass", record.mass[at], mass);
        const bool attended = record.lastTick[at] != head.lastTick[slot];
        if (attended && (record.lastTick[at] <= answered || record.lastTick[at] > record.tick ||
                         record.lastTick[at] < head.lastTick[slot]))
            return said("a last attended tick", record.lastTick[at], head.lastTick[slot]);
        if (h == 0) {
            const qint64 added = qint64(record.hits[at]) - head.hits[slot];
            if (added < 0 || added > record.answered)
                return said("the hits added by one step", double(added), record.answered);
            // An arrival's own first hit may leave its tick at that of its insertion.
            if (attended && added == 0)
                return QString("slot %1 was attended without a hit").arg(slot);
        }
        head.mass[slot] = record.mass[at];
        head.hits[slot] = record.hits[at];
        head.lastTick[slot] = record.lastTick[at];
        head.rank[slot] = record.rank[at];
    }
    return std::nullopt;
}

// Invariant 3: the mass of one retrieval sums to its number of queries.
StepInvariants::Found StepInvariants::mass(const LayerRecord& record, int g) const {
    double sum = 0;
    for (int slot = 0; slot < record.capacity; ++slot)
        sum += record.lastMass[size_t(g) * record.capacity + slot];
    const double group = double(m_shape.queryHeads) / m_shape.heads;
    const QString& reduction = m_configuration.asked.group;
    if (reduction == "max") {
        const double slack = m_tolerance * record.answered;
        if (sum < record.answered - slack || sum > group * record.answered + slack)
            return said("the mass of the largest weights", sum, record.answered);
        return std::nullopt;
    }
    const double expected = record.answered * (reduction == "sum" ? group : 1);
    if (std::abs(sum - expected) > m_tolerance * expected)
        return said("the mass of one retrieval", sum, expected);
    return std::nullopt;
}

// Each answered query's kept weights descend, belong to residents that it may see, and sum to one
// with the rest.
StepInvariants::Found StepInvariants::attention(const LayerRecord& record, int g) const {
    if (record.attention.rest.empty())
        return std::nullopt;
    const auto begin = record.position.begin() + qsizetype(g) * record.capacity;
    for (int q = 0; q < record.answered; ++q) {
        const size_t row = size_t(g) * record.answered + q;
        double sum = record.attention.rest.at(row), before = 1;
        for (int i = 0; i < TopAttention::kept; ++i) {
            const size_t at = row * TopAttention::kept + i;
            const std::int32_t position = record.attention.positions.at(at);
            const double weight = record.attention.weights.at(at);
            if (position == noPosition)
                continue;
            const bool later = position > record.firstAnswered + q;
            if ((later && m_configuration.mode == "causal") ||
                std::find(begin, begin + record.capacity, position) == begin + record.capacity)
                return QString("query %1 attends position %2, which it cannot see")
                    .arg(record.firstAnswered + q)
                    .arg(position);
            if (weight > before + m_tolerance || weight < 0)
                return said("a kept weight", weight, before);
            before = weight;
            sum += weight;
        }
        if (std::abs(sum - 1) > m_tolerance)
            return said("the sum of a query's weights", sum, 1);
    }
    return std::nullopt;
}

// Invariant 4: every entry is resident or was evicted, every query was answered.
std::optional<QString> StepInvariants::end() const {
    if (m_fed != m_tokens)
        return said("the number of tokens read", m_fed, m_tokens);
    for (const Layer& layer : m_layers) {
        if (layer.answered != m_tokens)
            return said("the number of answered queries", layer.answered, m_tokens);
        for (const Head& head : layer.heads) {
            for (int position = 0; position < m_tokens; ++position) {
                const auto held = std::count(head.position.begin(), head.position.end(), position);
                if (head.life[position] == 0 || held != (head.life[position] == 1 ? 1 : 0))
                    return QString("position %1 is neither resident nor evicted exactly once")
                        .arg(position);
            }
        }
    }
    return std::nullopt;
}

} // namespace attendre::slow
