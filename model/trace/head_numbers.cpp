#include "model/trace/step_frame.h"

#include <algorithm>

namespace attendre {

namespace {

constexpr int shownSinks = 4; // sinkShare is of positions 0 to 3, whatever the run protects

// One head's slots in a record's arrays.
struct HeadSlots {
    const LayerRecord& record;
    size_t first;
    int count;
};

double ratio(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

void addShares(HeadStepInfo& info, const HeadSlots& h, int chunk) {
    const LayerRecord& r = h.record;
    double all = 0, sinks = 0, recent = 0, own = 0;
    for (size_t i = h.first; i < h.first + size_t(h.count); ++i) {
        const std::int32_t position = r.position[i];
        if (position == noPosition)
            continue;
        const double mass = double(r.lastMass[i]);
        all += mass;
        // A position counts once: a sink stays one, also while it arrives.
        if (position < shownSinks)
            sinks += mass;
        else if (position >= r.firstPosition)
            own += mass;
        else if (position >= r.firstPosition - chunk)
            recent += mass;
    }
    info.sinkShare = float(ratio(sinks, all));
    info.recentShare = float(ratio(recent, all));
    info.chunkShare = float(ratio(own, all));
}

// Hits of this step. With a half-life a kept entry's count may shrink: then it had none.
double newHits(const HeadSlots& h, const LayerRecord* before) {
    double hits = 0;
    for (size_t i = h.first; i < h.first + size_t(h.count); ++i) {
        if (h.record.position[i] == noPosition)
            continue;
        const bool kept = before && before->position[i] == h.record.position[i];
        const std::uint32_t old = kept ? before->hits[i] : 0;
        hits += h.record.hits[i] > old ? h.record.hits[i] - old : 0;
    }
    return hits;
}

bool isProtected(std::int32_t position, std::int32_t firstArrival, const HeadRules& rules) {
    if (position < rules.sinks || position >= firstArrival - rules.recent)
        return true;
    return std::any_of(rules.pins.begin(), rules.pins.end(), [position](const auto& pin) {
        return position >= pin.first && position <= pin.second;
    });
}

void addVictims(HeadStepInfo& info, int head, const HeadSlots& h, const LayerRecord& before,
                const HeadRules& rules) {
    const LayerRecord& r = h.record;
    std::vector<std::int32_t> candidates;
    for (size_t i = h.first; i < h.first + size_t(h.count); ++i)
        if (before.position[i] != noPosition &&
            !isProtected(before.position[i], r.firstPosition, rules))
            candidates.push_back(before.position[i]);
    std::int32_t youngest = std::numeric_limits<std::int32_t>::max();
    if (candidates.size() > size_t(r.evicted)) {
        const auto nth = candidates.begin() + (r.evicted - 1);
        std::nth_element(candidates.begin(), nth, candidates.end());
        youngest = *nth;
    }
    int agree = 0;
    double age = 0;
    for (int j = 0; j < r.evicted; ++j) {
        const size_t victim = size_t(head) * r.evicted + j;
        const std::int32_t position = r.victimPositions[victim];
        agree += position <= youngest ? 1 : 0;
        age += double(r.tick) - (double(position) + 1);
        info.evictedNeverHit += before.hits[h.first + size_t(r.victimSlots[victim])] == 0 ? 1 : 0;
    }
    info.fifoAgreement = float(agree) / float(r.evicted);
    info.meanAgeAtEviction = float(age / r.evicted);
}

} // namespace

HeadRules headRules(const ResolvedConfiguration& configuration) {
    return {configuration.asked.chunk, configuration.sinks, configuration.recent,
            configuration.asked.pins};
}

std::vector<HeadStepInfo> headNumbers(int step, const LayerRecord& now, const LayerSnapshot* before,
                                      const HeadRules& rules) {
    const int heads = int(now.position.size() / size_t(now.capacity));
    std::vector<HeadStepInfo> numbers(heads);
    for (int head = 0; head < heads; ++head) {
        HeadStepInfo& info = numbers[head];
        info.step = step;
        info.layer = now.layer;
        info.head = head;
        info.evicted = now.evicted;
        const HeadSlots mine{now, size_t(head) * size_t(now.capacity), now.capacity};
        info.hitRate = float(ratio(newHits(mine, before ? &before->record : nullptr),
                                   double(now.answered) * now.occupancy));
        addShares(info, mine, rules.chunk);
        if (before && now.evicted > 0)
            addVictims(info, head, mine, before->record, rules);
        if (size_t(head) < now.seen.size())
            info.seen = now.seen[size_t(head)];
    }
    return numbers;
}

} // namespace attendre
