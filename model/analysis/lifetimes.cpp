#include "model/analysis/lifetimes.h"

#include <algorithm>
#include <limits>

namespace attendre {

namespace {

// Positions that are read in one transaction.
constexpr std::int32_t atOnce = 32768;

Error interrupted(const Reader& reader) {
    return Error{QString("The reading of the entries' stays from %1 was interrupted: ask for them "
                         "again.")
                     .arg(reader.path())};
}

void resize(Lifetimes& lives, std::size_t size) {
    lives.inserted.resize(size, -1);
    lives.evicted.resize(size, -1);
    lives.slot.resize(size, -1);
    lives.rank.resize(size, std::numeric_limits<double>::quiet_NaN());
    lives.hits.resize(size, 0);
    lives.mass.resize(size, 0);
    lives.usage.resize(size, 0);
}

// What happened after the steps that are counted is left out: the parts of a growing run agree.
void put(Lifetimes& lives, const Life& life) {
    const auto i = std::size_t(life.position);
    if (life.insertedStep < 0 || life.insertedStep >= lives.steps)
        return;
    lives.inserted[i] = life.insertedStep;
    lives.slot[i] = life.slot;
    if (life.evictedStep < 0 || life.evictedStep >= lives.steps)
        return;
    lives.evicted[i] = life.evictedStep;
    lives.rank[i] = life.rank;
    lives.usage[i] = life.hasUsage ? 1 : 0;
    lives.hits[i] = life.usage.hits;
    lives.mass[i] = life.usage.mass;
}

// How many positions had come to the layer by the end of a step.
Result<std::int64_t> arrivedBy(Reader& reader, const RunInfo& run, int layer, int step) {
    if (layer == outputLayer(run)) {
        auto info = reader.outputStep(run.run, step);
        return info ? Result<std::int64_t>(info->tick) : info.error();
    }
    auto layers = reader.layerSteps(run.run, step);
    if (!layers)
        return layers.error();
    const auto found = std::find_if(layers->begin(), layers->end(),
                                    [layer](const auto& info) { return info.layer == layer; });
    if (found == layers->end())
        return Error{QString("Run %1 has no layer %2.").arg(run.run).arg(layer)};
    return found->tick;
}

// A run that asks begins with what the run before it held.
Result<bool> chunkCame(Reader& reader, const RunInfo& run) {
    auto steps = reader.steps(run.run, 0, 1);
    if (!steps)
        return steps.error();
    return !steps->empty() && steps->front().arrived > 0;
}

// One more step: who left in it, then who came.
Result<void> addStep(Reader& reader, Lifetimes& lives) {
    const int step = lives.steps;
    auto before = reader.layerState(lives.run, step - 1, lives.layer);
    auto left = reader.evictions(lives.run, step, lives.layer, lives.head);
    auto after = reader.layerState(lives.run, step, lives.layer);
    if (!before || !left || !after)
        return !before ? before.error() : !left ? left.error() : after.error();
    const HeadState& old = before->heads[std::size_t(lives.head)];
    ++lives.steps;
    for (const Eviction& eviction : *left) {
        Life life{eviction.position, eviction.slot, eviction.insertedStep, step,
                  old.columns(),     Usage{},       eviction.rank};
        if (life.hasUsage) {
            life.usage.hits = old.hits[std::size_t(eviction.slot)];
            life.usage.mass = old.mass[std::size_t(eviction.slot)];
        }
        put(lives, life);
    }
    const HeadState& now = after->heads[std::size_t(lives.head)];
    for (std::size_t slot = 0; slot < now.position.size(); ++slot) {
        const std::int32_t position = now.position[slot];
        if (position == noPosition || now.insertedStep[slot] != step)
            continue;
        if (std::size_t(position) >= lives.size())
            resize(lives, std::size_t(position) + 1);
        put(lives, {position, std::int32_t(slot), step, -1, false, Usage{}, 0});
    }
    return {};
}

} // namespace

double lifeValue(const Lifetimes& lives, LifeColumn column, std::size_t position) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (!lives.came(position))
        return none;
    if (column == LifeColumn::Inserted)
        return lives.inserted[position];
    if (lives.stays(position))
        return none;
    switch (column) {
    case LifeColumn::Age:
        return lives.evicted[position] - lives.inserted[position];
    case LifeColumn::Hits:
        return lives.usage[position] ? double(lives.hits[position]) : none;
    case LifeColumn::Mass:
        return lives.usage[position] ? double(lives.mass[position]) : none;
    case LifeColumn::Rank:
        return lives.rank[position];
    case LifeColumn::State:
    case LifeColumn::Inserted:
        break;
    }
    return none;
}

Result<Lifetimes> readLifetimes(Reader& reader, const RunInfo& run, int layer, int head,
                                const Cancel& cancel) {
    const auto steps = reader.stepCount(run.run);
    if (!steps)
        return steps.error();
    Lifetimes lives;
    lives.run = run.run;
    lives.layer = layer;
    lives.head = head;
    lives.steps = *steps;
    if (*steps == 0)
        return lives;
    const auto end = arrivedBy(reader, run, layer, *steps - 1);
    const auto chunk = chunkCame(reader, run);
    if (!end || !chunk)
        return !end ? end.error() : chunk.error();
    lives.firstArrived = *chunk;
    resize(lives, std::size_t(std::max<std::int64_t>(0, *end)));
    for (std::int64_t first = 0; first < *end; first += atOnce) {
        if (cancel.requested())
            return interrupted(reader);
        const auto count = std::int32_t(std::min<std::int64_t>(atOnce, *end - first));
        auto part = reader.lives(run.run, layer, head, std::int32_t(first), count);
        if (!part)
            return part.error();
        for (const Life& life : *part)
            put(lives, life);
    }
    return lives;
}

Result<Lifetimes> extendedLifetimes(Reader& reader, Lifetimes lives, const Cancel& cancel) {
    const auto steps = reader.stepCount(lives.run);
    if (!steps)
        return steps.error();
    while (lives.steps < *steps) {
        if (cancel.requested())
            return interrupted(reader);
        if (auto done = addStep(reader, lives); !done)
            return done.error();
        lives.extended = true;
    }
    return lives;
}

} // namespace attendre
