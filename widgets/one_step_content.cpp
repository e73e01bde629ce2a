#include "widgets/one_step_content.h"

#include "widgets/point_reading.h"

#include "widgets/plot_text.h"

#include <QCoreApplication>

#include <algorithm>
#include <set>

namespace attendre {

namespace {

constexpr std::size_t namedGains = 32;
constexpr std::int32_t namedWaiting = 2048;

Result<void> readCounts(Reader& reader, const Point& point, OneStep& step) {
    const auto layers = reader.layerSteps(point.run, point.step);
    const auto infos = reader.steps(point.run, point.step, 1);
    if (!layers || !infos)
        return !layers ? layers.error() : infos.error();
    if (!infos->empty())
        step.kind = infos->front().kind;
    if (std::size_t(point.layer) < layers->size())
        step.layer = (*layers)[std::size_t(point.layer)];
    return {};
}

void fillChanges(OneStep& step) {
    for (std::size_t slot = 0; slot < step.after.position.size(); ++slot) {
        const std::int32_t in = step.after.position[slot];
        if (in != noPosition && step.arrives(in))
            step.changes.push_back(
                {int(slot),
                 slot < step.before.position.size() ? step.before.position[slot] : noPosition, in});
    }
}

// Per entry, where the trace has the columns before and after the step.
void fillGains(OneStep& step) {
    // A run that asks begins with a memory that is already filled: nothing is known of before.
    const bool inherited = step.asked.step == 0 && step.layer.arrived < step.layer.occupancy;
    step.counted =
        step.after.columns() && !inherited && (step.before.columns() || step.occupancyBefore == 0);
    if (!step.counted)
        return;
    for (std::size_t slot = 0; slot < step.after.position.size(); ++slot) {
        OneStep::Gain gain;
        gain.position = step.after.position[slot];
        if (gain.position == noPosition)
            continue;
        gain.slot = int(slot);
        gain.arrived = step.arrives(gain.position);
        gain.lastMass = double(step.after.lastMass[slot]);
        gain.massAfter = double(step.after.mass[slot]);
        gain.hitsAfter = step.after.hits[slot];
        gain.tickAfter = step.after.lastTick[slot];
        gain.tickBefore = std::uint32_t(gain.position) + 1; // at first that of its insertion
        if (!gain.arrived) {
            gain.massBefore = double(step.before.mass[slot]);
            gain.hitsBefore = step.before.hits[slot];
            gain.tickBefore = step.before.lastTick[slot];
        }
        step.mass += gain.lastMass;
        step.hit += gain.hitsAfter > gain.hitsBefore || gain.tickAfter > gain.tickBefore;
        step.gains.push_back(gain);
    }
    std::stable_sort(step.gains.begin(), step.gains.end(),
                     [](const auto& a, const auto& b) { return a.lastMass > b.lastMass; });
}

Result<void> fillTexts(Reader& reader, OneStep& step) {
    std::set<std::int32_t> named;
    for (const OneStep::Change& change : step.changes)
        named.insert({change.out, change.in});
    for (const QueryAttention& query : step.attention) {
        named.insert(query.queryPosition);
        for (const AttendedEntry& entry : query.top)
            named.insert(entry.position);
    }
    for (std::size_t i = 0; i < std::min(step.gains.size(), namedGains); ++i)
        named.insert(step.gains[i].position);
    auto texts = readTokenTexts(reader, step.asked.run, {named.begin(), named.end()});
    const auto queue = std::int32_t(step.layer.tick) - step.firstWaiting();
    auto waiting =
        reader.tokens(step.asked.run, step.firstWaiting(), std::min(queue, namedWaiting));
    if (!texts || !waiting)
        return !texts ? texts.error() : waiting.error();
    step.texts = texts.take();
    for (TokenInfo& token : *waiting)
        step.texts[token.position] = std::move(token.text);
    return {};
}

} // namespace

int OneStep::shownQuery(const Point& point) const {
    if (attention.empty())
        return -1;
    for (const std::int32_t wanted : {point.query, point.entry})
        for (std::size_t i = 0; i < attention.size(); ++i)
            if (wanted != noPosition && attention[i].queryPosition == wanted)
                return int(i);
    return 0;
}

QByteArray OneStep::text(std::int32_t position) const {
    const auto found = texts.find(position);
    return found == texts.end() ? QByteArray() : found->second;
}

Result<OneStep> readOneStep(Reader& reader, const RunInfo& run, const Point& point) {
    OneStep step;
    step.asked = point;
    step.capacity = memoryOf(run, point.layer);
    step.queryCapacity = queryMemoryOf(run, point.layer);
    if (const auto counts = readCounts(reader, point, step); !counts)
        return counts.error();
    auto before = headState(reader, point, point.step - 1);
    auto after = headState(reader, point, point.step);
    auto evictions = reader.evictions(point.run, point.step, point.layer, point.head);
    auto attention = reader.attention(point.run, point.step, point.layer, point.head);
    if (!before || !after || !evictions || !attention)
        return !before      ? before.error()
               : !after     ? after.error()
               : !evictions ? evictions.error()
                            : attention.error();
    step.before = before.take();
    step.after = after.take();
    step.attention = attention.take();
    step.capacity = std::max(step.capacity, int(step.after.position.size()));
    step.occupancyBefore =
        int(std::count_if(step.before.position.begin(), step.before.position.end(),
                          [](std::int32_t position) { return position != noPosition; }));
    step.rules = evictionRules(run, {point.step, point.layer, point.head}, step.layer.firstPosition,
                               step.layer.arrived);
    step.ranking = rankCandidates(step.before, step.rules);
    step.agrees = applyRecorded(step.ranking, *evictions);
    fillChanges(step);
    fillGains(step);
    if (const auto texts = fillTexts(reader, step); !texts)
        return texts.error();
    return step;
}

} // namespace attendre
