#include "widgets/entry_history_content.h"

#include "widgets/plot_text.h"
#include "widgets/point_reading.h"

namespace attendre {

namespace {

constexpr int mostSamples = 48;

// The rules of the eviction that follows step; after the last recorded one, of a whole chunk.
Result<EvictionRules> rulesAfter(Reader& reader, const RunInfo& run, const Point& point, int step,
                                 int steps) {
    const bool recorded = step + 1 < steps;
    const auto layers = reader.layerSteps(point.run, recorded ? step + 1 : step);
    if (!layers)
        return layers.error();
    for (const LayerStepInfo& layer : *layers)
        if (layer.layer == point.layer)
            return recorded ? evictionRules(run, {step + 1, point.layer, point.head},
                                            layer.firstPosition, layer.arrived)
                            : evictionRules(run, {step + 1, point.layer, point.head},
                                            layer.firstPosition + layer.arrived, chunkOf(run));
    return EvictionRules();
}

Result<void> readSamples(Reader& reader, const RunInfo& run, EntryHistory& history) {
    const Point& point = history.asked;
    const Life& life = history.life;
    const int last = life.evictedStep >= 0 ? life.evictedStep - 1 : history.steps - 1;
    const std::vector<int> steps = spreadSteps(life.insertedStep, last, mostSamples);
    history.every = int(steps.size()) == last - life.insertedStep + 1;
    for (const int step : steps) {
        const auto rules = rulesAfter(reader, run, point, step, history.steps);
        if (!rules)
            return rules.error();
        const auto state = reader.layerState(point.run, step, point.layer);
        if (!state)
            return state.error();
        if (std::size_t(point.head) >= state->heads.size())
            continue;
        if (auto sample =
                sampleEntry(state->heads[std::size_t(point.head)], step, point.entry, *rules))
            history.samples.push_back(*sample);
    }
    return {};
}

// Which position took the slot when the entry went.
Result<void> readSuccessor(Reader& reader, EntryHistory& history) {
    if (history.life.evictedStep < 0)
        return {};
    const Point& point = history.asked;
    const auto evictions =
        reader.evictions(point.run, history.life.evictedStep, point.layer, point.head);
    if (!evictions)
        return evictions.error();
    for (const Eviction& eviction : *evictions)
        if (eviction.position == point.entry)
            history.replacedBy = eviction.replacedBy;
    return {};
}

} // namespace

Result<EntryHistory> readEntryHistory(Reader& reader, const RunInfo& run, const Point& point,
                                      int steps) {
    EntryHistory history;
    history.asked = point;
    history.steps = steps;
    for (int head = 0; head < run.shape.heads; ++head) {
        const auto life = reader.life(point.run, point.layer, head, point.entry);
        if (!life)
            return life.error();
        history.heads.push_back(*life);
        if (head == point.head)
            history.life = *life;
    }
    const auto before = leftBeforeAsking(reader, run, point, point.entry);
    if (!before)
        return before.error();
    history.leftBefore = *before;
    if (history.life.insertedStep >= 0)
        if (const auto samples = readSamples(reader, run, history); !samples)
            return samples.error();
    history.events = entryEvents(history.life, history.samples);
    if (const auto successor = readSuccessor(reader, history); !successor)
        return successor.error();
    auto texts = readTokenTexts(reader, point.run, {point.entry, history.replacedBy});
    if (!texts)
        return texts.error();
    history.texts = texts.take();
    return history;
}

} // namespace attendre
