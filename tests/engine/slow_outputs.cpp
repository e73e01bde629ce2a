#include "tests/engine/slow_outputs.h"

#include <algorithm>

namespace attendre::slow {

Outputs::Outputs(const Options& options, int heads)
    : m_options(options), m_heads(heads), m_positions(size_t(options.outputMemory), -1) {}

double Outputs::rankOf(const Rank& rank, const std::vector<Slot>& heads) const {
    double sum = 0;
    for (int head = 0; head < m_heads; ++head)
        sum += rank(head, heads[size_t(head)]);
    return sum / m_heads;
}

bool Outputs::isProtected(int position) const {
    if (position < m_options.outputSinks || position >= m_tick - m_options.outputRecent)
        return true;
    return std::any_of(m_options.pins.begin(), m_options.pins.end(), [&](const auto& pin) {
        return position >= pin.first && position <= pin.second;
    });
}

OutputStep Outputs::step(int first, int arrived, const std::vector<std::vector<Slot>>& lastLayer,
                         const Rank& rank, const std::function<void(std::int64_t)>& arrive) {
    OutputStep record;
    record.firstPosition = arrived > 0 ? first : m_tick;
    record.arrived = arrived;
    std::vector<int> places;
    for (size_t slot = 0; slot < m_positions.size(); ++slot)
        if (m_positions[slot] < 0 && int(places.size()) < arrived)
            places.push_back(int(slot));
    const size_t missing = size_t(arrived) - places.size();
    std::vector<std::pair<std::pair<double, int>, int>> candidates; // rank, position, slot
    for (size_t slot = 0; slot < m_positions.size(); ++slot)
        if (m_positions[slot] >= 0 && !isProtected(m_positions[slot]))
            candidates.push_back(
                {{rankOf(rank, m_counted.at(m_positions[slot])), m_positions[slot]}, int(slot)});
    std::sort(candidates.begin(), candidates.end());
    if (missing > candidates.size())
        qFatal("the outputs need %d victims", int(missing));
    Options own = m_options;
    own.policy = own.outputPolicy;
    if (hasRealRanks(own) && missing > 0 && missing < candidates.size()) {
        const double in = candidates[missing - 1].first.first,
                     out = candidates[missing].first.first;
        record.narrowestRank = std::abs(out - in) / std::max(std::abs(out), 1e-12);
    }
    std::vector<int> victims;
    for (size_t i = 0; i < missing; ++i)
        victims.push_back(candidates[i].second);
    std::sort(victims.begin(), victims.end());
    for (const int slot : victims) {
        const int position = m_positions[size_t(slot)];
        record.victims.push_back({slot, position, rankOf(rank, m_counted.at(position))});
        m_counted.erase(position);
        places.push_back(slot);
    }
    for (int i = 0; i < arrived; ++i)
        m_positions[size_t(places[size_t(i)])] = first + i;
    m_tick += arrived;
    arrive(m_tick);
    const auto fresh = [&](int position) {
        Slot slot;
        slot.position = position;
        slot.tickInserted = slot.lastTick = position + 1;
        return std::vector<Slot>(size_t(m_heads), slot);
    };
    for (const int position : m_positions)
        if (position >= 0)
            m_counted.try_emplace(position, fresh(position));
    for (int head = 0; head < m_heads; ++head)
        for (const Slot& slot : lastLayer[size_t(head)]) {
            const bool kept = slot.position >= m_tick ||
                              std::count(m_positions.begin(), m_positions.end(), slot.position) > 0;
            if (slot.position >= 0 && kept)
                m_counted.try_emplace(slot.position, fresh(slot.position))
                    .first->second[size_t(head)] = slot;
        }
    for (const int position : m_positions) {
        record.positions.push_back(position);
        record.ranks.push_back(position < 0 ? 0 : rankOf(rank, m_counted.at(position)));
    }
    return record;
}

} // namespace attendre::slow
