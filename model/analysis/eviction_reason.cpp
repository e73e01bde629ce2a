#include "model/analysis/eviction_reason.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace attendre {

namespace {

bool lowerFirst(const Candidate& a, const Candidate& b) {
    if (a.dropped != b.dropped)
        return a.dropped;
    if (a.rank != b.rank)
        return a.rank < b.rank;
    return a.position < b.position;
}

ProtectedBy protectionUnder(const EvictionRules& rules, std::int32_t position) {
    if (rules.changed.drops(position))
        return ProtectedBy::None;
    if (rules.changed.keeps(position))
        return ProtectedBy::Change;
    if (position < rules.sinks)
        return ProtectedBy::Sink;
    for (const auto& [first, last] : rules.pins)
        if (position >= first && position <= last)
            return ProtectedBy::Pin;
    if (position >= rules.firstArrival - rules.recent)
        return ProtectedBy::Recent;
    return ProtectedBy::None;
}

int pinned(const EvictionRules& rules) {
    int sum = 0;
    for (const auto& [first, last] : rules.pins)
        sum += std::max(0, last - std::max(first, rules.sinks) + 1);
    return sum;
}

} // namespace

EvictionRules evictionRules(const RunInfo& run, const EvictionPlace& place,
                            std::int32_t firstArrival, std::int32_t arriving) {
    EvictionRules rules;
    rules.sinks = run.configuration.sinks;
    rules.recent = run.configuration.recent;
    rules.pins = run.configuration.asked.pins;
    rules.changed = changedEntries(interventionsOf(run), place.step, place.layer, place.head);
    rules.firstArrival = firstArrival;
    rules.arriving = arriving;
    const std::vector<int>& memory = run.configuration.memory;
    if (!memory.empty())
        rules.capacity = memory[std::min(std::size_t(std::max(0, place.layer)), memory.size() - 1)];
    return rules;
}

const Candidate* EvictionRanking::lastVictim() const {
    return victims > 0 ? &candidates[std::size_t(victims) - 1] : nullptr;
}

const Candidate* EvictionRanking::firstSurvivor() const {
    return victims < int(candidates.size()) ? &candidates[std::size_t(victims)] : nullptr;
}

double EvictionRanking::margin() const {
    // Equal infinities differ by nothing, too.
    return cut() && firstSurvivor()->rank != lastVictim()->rank
               ? firstSurvivor()->rank - lastVictim()->rank
               : 0;
}

int EvictionRanking::placeOf(std::int32_t position) const {
    for (std::size_t i = 0; i < candidates.size(); ++i)
        if (candidates[i].position == position)
            return int(i);
    return -1;
}

ProtectedBy EvictionRanking::protectionOf(std::int32_t position) const {
    for (const ProtectedEntry& entry : shielded)
        if (entry.position == position)
            return entry.by;
    return ProtectedBy::None;
}

EvictionRanking rankCandidates(const HeadState& before, const EvictionRules& rules) {
    EvictionRanking ranking;
    int residents = 0;
    for (std::size_t slot = 0; slot < before.position.size(); ++slot) {
        const std::int32_t position = before.position[slot];
        if (position == noPosition)
            continue;
        ++residents;
        const ProtectedBy by = protectionUnder(rules, position);
        if (by != ProtectedBy::None)
            ranking.shielded.push_back({position, int(slot), by});
        else
            ranking.candidates.push_back({position, int(slot),
                                          slot < before.rank.size() ? before.rank[slot] : 0, false,
                                          rules.changed.drops(position)});
    }
    std::sort(ranking.candidates.begin(), ranking.candidates.end(), lowerFirst);
    std::sort(
        ranking.shielded.begin(), ranking.shielded.end(),
        [](const ProtectedEntry& a, const ProtectedEntry& b) { return a.position < b.position; });
    ranking.victims =
        std::clamp(residents + rules.arriving - rules.capacity, 0, int(ranking.candidates.size()));
    for (int i = 0; i < ranking.victims; ++i)
        ranking.candidates[std::size_t(i)].victim = true;
    return ranking;
}

bool applyRecorded(EvictionRanking& ranking, const std::vector<Eviction>& recorded) {
    std::unordered_map<std::int32_t, double> decided;
    for (const Eviction& eviction : recorded)
        decided[eviction.position] = eviction.rank;
    bool agree = int(recorded.size()) == ranking.victims;
    for (Candidate& candidate : ranking.candidates) {
        const auto found = decided.find(candidate.position);
        agree = agree && candidate.victim == (found != decided.end());
        candidate.victim = found != decided.end();
        if (candidate.victim)
            candidate.rank = found->second;
    }
    std::sort(ranking.candidates.begin(), ranking.candidates.end(),
              [](const Candidate& a, const Candidate& b) {
                  return a.victim != b.victim ? a.victim : lowerFirst(a, b);
              });
    ranking.victims = int(std::count_if(ranking.candidates.begin(), ranking.candidates.end(),
                                        [](const Candidate& c) { return c.victim; }));
    return agree;
}

bool nearlyEvicted(const EvictionRanking& ranking, int place, double share) {
    if (ranking.victims == 0 || place < ranking.victims)
        return false;
    const int near = std::max(1, int(double(ranking.candidates.size()) * share));
    return place < ranking.victims + near;
}

WayOut wayOut(const EvictionRanking& ranking, const EvictionRules& rules, std::int32_t position) {
    WayOut out;
    const int place = ranking.placeOf(position);
    if (place < 0 || place >= ranking.victims)
        return out;
    const Candidate* survivor = ranking.firstSurvivor();
    const double own = ranking.candidates[std::size_t(place)].rank;
    if (survivor && std::isfinite(survivor->rank - own)) {
        out.rankNeeded = survivor->rank - own;
        // At equal ranks the older insertion goes first.
        out.orMore = position > survivor->position;
    }
    const int recent = rules.firstArrival - position;
    if (recent > 0 && rules.sinks + pinned(rules) + recent + rules.arriving <= rules.capacity)
        out.recentNeeded = recent;
    out.memoryNeeded = rules.capacity + ranking.victims - place;
    return out;
}

} // namespace attendre
