#include "tests/replay/slow_replay.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace attendre::slow {

double Frozen::score(int q, int k, int queryHead, double queryAt, double keyAt) const {
    const double* a = query.data() + (std::ptrdiff_t(q) * heads * group + queryHead) * dimension;
    const double* b = key.data() + (std::ptrdiff_t(k) * heads + queryHead / group) * dimension;
    const int half = dimension / 2;
    double sum = 0;
    for (int i = 0; i < half; ++i) {
        const double angle =
            frequencies.empty() ? 0 : (queryAt - keyAt) * frequencies[std::size_t(i)];
        sum += (a[i] * std::cos(angle) - a[i + half] * std::sin(angle)) * b[i];
        sum += (a[i + half] * std::cos(angle) + a[i] * std::sin(angle)) * b[i + half];
    }
    sum *= scale;
    if (!bias.empty())
        sum += bias[std::size_t(queryHead * (2 * tokens - 1) + k - q + tokens - 1)];
    return sum;
}

double Frozen::logSumExp(int q, int queryHead, const std::vector<int>& keys) const {
    double sum = 0;
    for (const int k : keys)
        if (!causal || k <= q)
            sum += std::exp(score(q, k, queryHead, q, k));
    return std::log(sum);
}

Replay::Replay(const Frozen& frozen, ReplayOptions options)
    : m_frozen(frozen), m_options(std::move(options)),
      m_slots(std::size_t(frozen.heads), std::vector<Entry>(std::size_t(m_options.memory))) {}

double Replay::rank(int head, int slot) const {
    const auto own = [&](int g) {
        const Entry& e = m_slots[std::size_t(g)][std::size_t(slot)];
        return m_options.policy == "fifo"  ? double(e.position)
               : m_options.policy == "lra" ? double(e.lastTick)
               : m_options.policy == "lfa" ? e.hits
               : m_options.policy == "h2o" ? e.mass
                                           : e.lastWeight;
    };
    if (!m_options.perLayer)
        return own(head);
    double sum = 0;
    for (int g = 0; g < m_frozen.heads; ++g)
        sum += own(g);
    return sum / m_frozen.heads;
}

std::vector<int> Replay::choose(int head, int count) {
    std::vector<std::pair<std::pair<double, int>, int>> candidates;
    for (int s = 0; s < m_options.memory; ++s) {
        const int position = m_slots[std::size_t(head)][std::size_t(s)].position;
        if (position >= m_options.sinks && position < m_arrived - m_options.recent)
            candidates.push_back({{rank(head, s), position}, s});
    }
    std::sort(candidates.begin(), candidates.end());
    const std::size_t n = std::size_t(count);
    if (n > 0 && n < candidates.size()) {
        const double in = candidates[n - 1].first.first, out = candidates[n].first.first;
        if (in != out)
            m_narrowest = std::min(m_narrowest, std::abs(out - in) / std::max(std::abs(out), 1e-9));
    }
    std::vector<int> slots;
    for (std::size_t i = 0; i < n; ++i)
        slots.push_back(candidates[i].second);
    std::sort(slots.begin(), slots.end());
    return slots;
}

StepOutcome Replay::step(int arrived, int answered) {
    StepOutcome outcome;
    std::vector<std::vector<int>> places;
    for (int g = 0; g < m_frozen.heads; ++g) { // all decide before any changes
        std::vector<int> free;
        for (int s = 0; s < m_options.memory; ++s)
            if (m_slots[std::size_t(g)][std::size_t(s)].position < 0)
                free.push_back(s);
        const int missing = std::max(0, arrived - int(free.size()));
        free.resize(std::size_t(arrived - missing));
        outcome.victims.emplace_back();
        for (const int slot : choose(g, missing)) {
            outcome.victims.back().push_back(m_slots[std::size_t(g)][std::size_t(slot)].position);
            free.push_back(slot);
        }
        places.push_back(free);
    }
    const double decay =
        m_options.halfLife > 0 ? std::pow(2.0, -arrived / m_options.halfLife) : 1.0;
    for (int g = 0; g < m_frozen.heads; ++g) {
        for (int i = 0; i < arrived; ++i) {
            Entry entry;
            entry.position = m_arrived + i;
            entry.lastTick = entry.position + 1;
            m_slots[std::size_t(g)][std::size_t(places[std::size_t(g)][std::size_t(i)])] = entry;
        }
        for (Entry& entry : m_slots[std::size_t(g)]) {
            entry.mass *= decay;
            entry.massSquared *= decay;
            entry.hits *= decay;
            entry.lastMass = 0;
        }
    }
    m_arrived += arrived;
    for (int g = 0; g < m_frozen.heads; ++g) {
        outcome.kept.push_back(answered > 0 ? 0 : std::nan(""));
        for (int j = 0; j < answered; ++j)
            answer(g, m_answered + j, m_arrived - answered + j + 1, outcome);
        outcome.kept.back() /= double(std::max(1, answered) * m_frozen.group);
    }
    m_answered += answered;
    outcome.entries = m_slots;
    outcome.narrowest = m_narrowest;
    return outcome;
}

void Replay::answer(int head, int query, std::int64_t tick, StepOutcome& outcome) {
    std::vector<Entry>& slots = m_slots[std::size_t(head)];
    const auto index = [&](int position) {
        return m_options.relative
                   ? double(std::count_if(
                         slots.begin(), slots.end(),
                         [&](const Entry& e) { return e.position >= 0 && e.position < position; }))
                   : double(position);
    };
    const auto sees = [&](const Entry& e) {
        return e.position >= 0 && (!m_frozen.causal || e.position <= query);
    };
    std::vector<int> arrived;
    for (int position = 0; position < m_arrived; ++position)
        arrived.push_back(position);
    const int visible = int(std::count_if(slots.begin(), slots.end(), sees));
    std::vector<double> mean(slots.size(), 0.0), most(slots.size(), 0.0);
    for (int member = 0; member < m_frozen.group; ++member) {
        const int queryHead = head * m_frozen.group + member;
        std::vector<double> weights(slots.size(), 0.0);
        double sum = 0, resident = 0;
        for (std::size_t s = 0; s < slots.size(); ++s) {
            if (!sees(slots[s]))
                continue;
            const int at = slots[s].position;
            sum += weights[s] =
                std::exp(m_frozen.score(query, at, queryHead, index(query), index(at)));
            resident += std::exp(m_frozen.score(query, at, queryHead, query, at));
        }
        outcome.kept.back() += resident / std::exp(m_frozen.logSumExp(query, queryHead, arrived));
        for (std::size_t s = 0; s < slots.size(); ++s) {
            mean[s] += weights[s] / sum / m_frozen.group;
            most[s] = std::max(most[s], weights[s] / sum);
        }
    }
    for (std::size_t s = 0; s < slots.size(); ++s) {
        if (!sees(slots[s]))
            mean[s] = most[s] = 0;
        if (slots[s].position < 0)
            continue;
        const double added = m_options.group == "max"   ? most[s]
                             : m_options.group == "sum" ? mean[s] * m_frozen.group
                                                        : mean[s];
        Entry& e = slots[s];
        e.mass += added;
        e.massSquared += added * added;
        e.lastMass += added;
        e.lastWeight = mean[s];
        if (!sees(e))
            continue;
        m_narrowest = std::min(m_narrowest, std::abs(mean[s] * visible - (1 - 1e-4)));
        if (mean[s] * visible >= 1 - 1e-4) {
            e.hits += 1;
            e.lastTick = std::max(e.lastTick, tick);
        }
    }
}

} // namespace attendre::slow
