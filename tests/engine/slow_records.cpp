#include "tests/engine/slow_records.h"

#include <algorithm>

namespace attendre::slow {

namespace {

void addHead(LayerRecord& record, const HeadStep& head) {
    for (const Victim& victim : head.victims) {
        record.victimSlots.push_back(victim.slot);
        record.victimPositions.push_back(victim.position);
        record.victimRanks.push_back(victim.rank);
    }
    for (const Slot& slot : head.slots) {
        record.position.push_back(slot.position);
        record.lastTick.push_back(std::uint32_t(slot.lastTick));
        record.mass.push_back(float(slot.mass));
        record.massSquared.push_back(float(slot.massSquared));
        record.hits.push_back(std::uint32_t(slot.hits));
        record.lastMass.push_back(float(slot.lastMass));
        record.rank.push_back(slot.rank);
    }
}

void addAttention(TopAttention& top, const Attention& attention) {
    auto sorted = attention.weights;
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.second > b.second; });
    double rest = 0;
    for (size_t i = TopAttention::kept; i < sorted.size(); ++i)
        rest += sorted[i].second;
    sorted.resize(TopAttention::kept, {noPosition, 0});
    for (const auto& [position, weight] : sorted) {
        top.positions.push_back(position);
        top.weights.push_back(float(weight));
    }
    top.rest.push_back(float(rest));
}

LayerRecord layerRecord(const Step& step, int layer, int capacity) {
    const LayerStep& from = step.layers[layer];
    LayerRecord record;
    record.layer = layer;
    record.capacity = capacity;
    record.firstPosition = from.firstPosition;
    record.arrived = from.arrived;
    record.firstAnswered = from.firstAnswered;
    record.answered = from.answered;
    record.waiting = from.waiting;
    record.tick = from.tick;
    record.evicted = std::int32_t(from.heads[0].victims.size());
    for (const HeadStep& head : from.heads) {
        addHead(record, head);
        for (const Attention& attention : head.attention)
            addAttention(record.attention, attention);
    }
    record.occupancy =
        std::int32_t(std::count_if(record.position.begin(), record.position.begin() + capacity,
                                   [](std::int32_t position) { return position != noPosition; }));
    return record;
}

// What is compared of the encoder-output memory.
LayerRecord outputRecord(const OutputStep& from, int layer) {
    LayerRecord record;
    record.layer = layer;
    record.capacity = std::int32_t(from.positions.size());
    record.firstPosition = from.firstPosition;
    record.arrived = from.arrived;
    record.evicted = std::int32_t(from.victims.size());
    HeadStep head;
    head.victims = from.victims;
    addHead(record, head);
    record.position.assign(from.positions.begin(), from.positions.end());
    record.rank = from.ranks;
    return record;
}

} // namespace

std::vector<StepRecord> recordsOf(const Run& run, const Options& options) {
    std::vector<StepRecord> records;
    for (const Step& step : run.steps) {
        StepRecord record;
        record.step = std::int32_t(records.size());
        record.kind = step.flush ? StepKind::Flush : StepKind::Chunk;
        record.firstPosition = step.firstPosition;
        record.arrived = step.arrived;
        for (size_t l = 0; l < step.layers.size(); ++l)
            record.layers.push_back(layerRecord(step, int(l), options.memory[l]));
        if (step.outputs)
            record.output = outputRecord(*step.outputs, int(step.layers.size()));
        record.firstNll = step.firstPosition + 1;
        for (int i = step.firstPosition; i < step.firstPosition + step.arrived; ++i)
            if (i < int(run.nll.size()))
                record.nll.push_back(float(run.nll[i]));
        records.push_back(std::move(record));
    }
    return records;
}

} // namespace attendre::slow
