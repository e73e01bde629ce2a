#include "model/memory/entry_columns.h"

#include <algorithm>
#include <cmath>

namespace attendre {

EntryColumns::EntryColumns(int headCount, int slotCount) : heads(headCount), capacity(slotCount) {
    const std::size_t size = std::size_t(heads) * capacity;
    position.assign(size, noPosition);
    lastTick.assign(size, 0);
    mass.assign(size, 0);
    massSquared.assign(size, 0);
    hits.assign(size, 0);
    lastMass.assign(size, 0);
    lastWeight.assign(size, 0);
}

void EntryColumns::keepNorms() {
    keyNorm.assign(position.size(), 0);
    valueNorm.assign(position.size(), 0);
}

void EntryColumns::insert(int head, int slot, std::int32_t at) {
    const std::size_t i = std::size_t(head) * capacity + slot;
    position[i] = at;
    lastTick[i] = std::uint32_t(tickInserted(at));
    mass[i] = massSquared[i] = hits[i] = 0;
    lastMass[i] = lastWeight[i] = 0;
}

void EntryColumns::grow(int larger) {
    const auto widened = [&](auto& column, auto empty) {
        std::decay_t<decltype(column)> wide(std::size_t(heads) * larger, empty);
        for (int head = 0; head < heads; ++head)
            std::copy_n(column.begin() + std::ptrdiff_t(head) * capacity, capacity,
                        wide.begin() + std::ptrdiff_t(head) * larger);
        column = std::move(wide);
    };
    widened(position, noPosition);
    widened(lastTick, std::uint32_t(0));
    widened(mass, 0.0);
    widened(massSquared, 0.0);
    widened(hits, 0.0);
    widened(lastMass, 0.0F);
    widened(lastWeight, 0.0F);
    capacity = larger;
}

EntryUsage usageOf(const EntryColumns& c, int head, int slot) {
    const std::size_t i = std::size_t(head) * c.capacity + slot;
    return {c.lastTick[i], c.mass[i], c.massSquared[i], c.hits[i], c.lastMass[i], c.lastWeight[i]};
}

void setUsage(EntryColumns& c, int head, int slot, const EntryUsage& usage) {
    const std::size_t i = std::size_t(head) * c.capacity + slot;
    c.lastTick[i] = usage.lastTick;
    c.mass[i] = usage.mass;
    c.massSquared[i] = usage.massSquared;
    c.hits[i] = usage.hits;
    c.lastMass[i] = usage.lastMass;
    c.lastWeight[i] = usage.lastWeight;
}

HeadColumns headColumns(const EntryColumns& c, int layer, int head) {
    const std::size_t from = std::size_t(head) * c.capacity, n = std::size_t(c.occupancy);
    const auto part = [&](const auto& column) {
        return column.empty() ? std::span(column) : std::span(column).subspan(from, n);
    };
    return {layer,
            head,
            part(c.position),
            part(c.lastTick),
            part(c.mass),
            part(c.massSquared),
            part(c.hits),
            part(c.lastMass),
            part(c.lastWeight),
            part(c.keyNorm),
            part(c.valueNorm)};
}

void recordColumns(const EntryColumns& columns, const std::vector<double>& rank,
                   LayerRecord& record) {
    const std::size_t size = columns.position.size(), n = std::size_t(columns.occupancy);
    record.position = columns.position;
    record.lastTick = columns.lastTick;
    record.lastMass = columns.lastMass;
    record.mass.assign(columns.mass.begin(), columns.mass.end());
    record.massSquared.assign(columns.massSquared.begin(), columns.massSquared.end());
    record.hits.resize(size);
    std::transform(columns.hits.begin(), columns.hits.end(), record.hits.begin(),
                   [](double hits) { return std::uint32_t(std::lround(hits)); });
    record.rank.assign(size, 0);
    for (int head = 0; head < columns.heads; ++head)
        std::copy_n(rank.begin() + std::ptrdiff_t(std::size_t(head) * n), n,
                    record.rank.begin() + std::ptrdiff_t(head) * columns.capacity);
}

UsageDelta::UsageDelta(int heads, int entryCount) : entries(entryCount) {
    const std::size_t size = std::size_t(heads) * entries;
    mass.assign(size, 0);
    massSquared.assign(size, 0);
    hits.assign(size, 0);
    lastQuery.assign(size, 0);
    lastWeight.assign(size, 0);
}

void addUsage(EntryColumns& columns, const UsageDelta& delta, std::int64_t tick, int answered,
              double decay) {
    const std::int64_t first = tick - answered;
    for (int head = 0; head < columns.heads; ++head)
        for (int slot = 0; slot < delta.entries; ++slot) {
            const std::size_t to = std::size_t(head) * columns.capacity + slot;
            const std::size_t from = std::size_t(head) * delta.entries + slot;
            columns.mass[to] = columns.mass[to] * decay + delta.mass[from];
            columns.massSquared[to] = columns.massSquared[to] * decay + delta.massSquared[from];
            columns.hits[to] = columns.hits[to] * decay + delta.hits[from];
            columns.lastMass[to] = delta.mass[from];
            if (answered > 0)
                columns.lastWeight[to] = delta.lastWeight[from];
            if (delta.lastQuery[from] > 0)
                columns.lastTick[to] =
                    std::max(columns.lastTick[to], std::uint32_t(first + delta.lastQuery[from]));
        }
}

} // namespace attendre
