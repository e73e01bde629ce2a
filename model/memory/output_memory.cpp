#include "model/network/torch_headers.h"

#include "model/memory/output_memory.h"
#include "model/memory/usage_pass.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace attendre {

OutputMemory::OutputMemory(OutputSettings settings, std::int64_t hidden,
                           const at::TensorOptions& options)
    : m_settings(std::move(settings)), m_outputs(at::empty({m_settings.capacity, hidden}, options)),
      m_columns(m_settings.heads, m_settings.capacity) {}

OutputMemory OutputMemory::clone() const {
    OutputMemory copy = *this;
    copy.m_outputs = m_outputs.clone();
    return copy;
}

void OutputMemory::grow(int capacity) {
    at::Tensor wide = at::empty({capacity, m_outputs.size(1)}, m_outputs.options());
    wide.narrow(0, 0, m_outputs.size(0)).copy_(m_outputs);
    m_outputs = std::move(wide);
    m_columns.grow(capacity);
    m_settings.capacity = capacity;
}

void OutputMemory::step(const at::Tensor& rows, std::int64_t n, std::int32_t first,
                        const EntryColumns& lastLayer, LayerRecord& record) {
    const int free = m_settings.capacity - occupancy();
    const int victims = std::max(0, int(n) - free);
    record.firstPosition = n > 0 ? first : std::int32_t(m_tick);
    record.arrived = std::int32_t(n);
    insert(rows, n, first, evict(victims, first, record));
    if (m_settings.usage || m_settings.ranking.readsUsage)
        follow(lastLayer);
    recordState(record);
}

std::vector<double> OutputMemory::ranks() const {
    return rankResidents(m_columns, m_settings.layer, m_settings.ranking.rank,
                         {m_tick, m_settings.seed}, true);
}

std::vector<std::int32_t> OutputMemory::evict(int count, std::int32_t firstArrival,
                                              LayerRecord& record) {
    record.evicted = count;
    if (count == 0)
        return {};
    const std::vector<double> rank = ranks(); // the same in every head
    const std::size_t n = std::size_t(occupancy());
    const auto position = headColumns(m_columns, m_settings.layer, 0).position;
    const auto victims = chooseVictims(position, std::span(rank).first(n), count,
                                       m_settings.protection, firstArrival);
    TORCH_CHECK(int(victims.size()) == count,
                "more outputs are protected than the encoder-output memory can keep");
    for (const std::int32_t slot : victims) {
        record.victimSlots.push_back(slot);
        record.victimPositions.push_back(position[slot]);
        record.victimRanks.push_back(rank[slot]);
    }
    return victims;
}

void OutputMemory::insert(const at::Tensor& rows, std::int64_t n, std::int32_t first,
                          const std::vector<std::int32_t>& victims) {
    if (n == 0)
        return;
    for (const std::int32_t slot : victims)
        m_slots.erase(m_columns.position[slot]);
    const int free = int(n) - int(victims.size());
    std::vector<std::int64_t> places;
    for (int i = 0; i < int(n); ++i) {
        const int slot = i < free ? occupancy() + i : victims[i - free];
        const std::int32_t position = first + i;
        const auto coming = m_coming.find(position);
        for (int head = 0; head < m_columns.heads; ++head) {
            m_columns.insert(head, slot, position);
            if (coming != m_coming.end())
                setUsage(m_columns, head, slot, coming->second[head]);
        }
        if (coming != m_coming.end())
            m_coming.erase(coming);
        m_slots[position] = slot;
        places.push_back(slot);
    }
    m_outputs.index_copy_(0, at::tensor(places, at::kLong).to(m_outputs.device()), rows);
    m_columns.occupancy += free;
    m_tick += n;
}

void OutputMemory::follow(const EntryColumns& last) {
    for (int head = 0; head < last.heads; ++head)
        for (int slot = 0; slot < last.occupancy; ++slot) {
            const std::int32_t position = last.position[std::size_t(head) * last.capacity + slot];
            const EntryUsage usage = usageOf(last, head, slot);
            if (const auto place = m_slots.find(position); place != m_slots.end()) {
                setUsage(m_columns, head, place->second, usage);
            } else if (position >= m_tick) {
                auto& heads = m_coming[position];
                heads.resize(std::size_t(last.heads),
                             {.lastTick = std::uint32_t(tickInserted(position))});
                heads[head] = usage;
            }
        }
}

void OutputMemory::beginAnswer() {
    EntryColumns anew(1, m_settings.capacity);
    anew.occupancy = occupancy();
    for (int slot = 0; slot < occupancy(); ++slot)
        anew.insert(0, slot, m_columns.position[slot]);
    m_columns = std::move(anew);
}

void OutputMemory::attended(const at::Tensor& weights, std::int32_t position, LayerRecord& record) {
    const at::Tensor plain = weights.to(at::kCPU, at::kFloat).contiguous();
    const float* weight = plain.const_data_ptr<float>();
    const int n = occupancy();
    UsageDelta delta(1, n);
    for (int slot = 0; slot < n; ++slot) {
        const bool hit = weight[slot] * float(n) >= hitShare;
        delta.mass[slot] = delta.lastWeight[slot] = weight[slot];
        delta.massSquared[slot] = weight[slot] * weight[slot];
        delta.hits[slot] = delta.lastQuery[slot] = hit ? 1 : 0;
    }
    addUsage(m_columns, delta, m_tick, 1, 1);
    record.firstPosition = std::int32_t(m_tick);
    record.firstAnswered = position;
    record.answered = 1;
    if (m_settings.attention) {
        std::vector<std::int32_t> order(static_cast<std::size_t>(n));
        std::iota(order.begin(), order.end(), 0);
        const int kept = std::min(n, TopAttention::kept);
        std::partial_sort(order.begin(), order.begin() + kept, order.end(),
                          [&](std::int32_t a, std::int32_t b) { return weight[a] > weight[b]; });
        TopAttention& top = record.attention;
        top.positions.assign(TopAttention::kept, noPosition);
        top.weights.assign(TopAttention::kept, 0);
        double rest = 1;
        for (int i = 0; i < kept; ++i) {
            top.positions[i] = m_columns.position[order[i]];
            top.weights[i] = weight[order[i]];
            rest -= double(weight[order[i]]);
        }
        top.rest = {float(std::max(0.0, rest))};
    }
    recordState(record);
}

void OutputMemory::recordAsItStands(LayerRecord& record) const {
    record.firstPosition = std::int32_t(m_tick);
    recordState(record);
}

// One head in the record: what the heads of the last layer say is averaged.
void OutputMemory::recordState(LayerRecord& record) const {
    record.layer = m_settings.layer;
    record.capacity = m_settings.capacity;
    record.occupancy = occupancy();
    record.tick = m_tick;
    if (record.answered == 0)
        record.firstAnswered = std::int32_t(m_tick);
    if (!m_settings.usage)
        return;
    const std::size_t size = std::size_t(m_settings.capacity);
    const int heads = m_columns.heads;
    record.position.assign(m_columns.position.begin(),
                           m_columns.position.begin() + std::ptrdiff_t(size));
    for (std::vector<float>* column : {&record.mass, &record.massSquared, &record.lastMass})
        column->assign(size, 0);
    record.lastTick.assign(size, 0);
    record.hits.assign(size, 0);
    record.rank.assign(size, 0);
    for (int slot = 0; slot < occupancy(); ++slot) {
        double tick = 0, mass = 0, squared = 0, hits = 0, last = 0;
        for (int head = 0; head < heads; ++head) {
            const EntryUsage usage = usageOf(m_columns, head, slot);
            tick += double(usage.lastTick);
            mass += usage.mass;
            squared += usage.massSquared;
            hits += usage.hits;
            last += double(usage.lastMass);
        }
        record.lastTick[slot] = std::uint32_t(std::lround(tick / heads));
        record.mass[slot] = float(mass / heads);
        record.massSquared[slot] = float(squared / heads);
        record.hits[slot] = std::uint32_t(std::lround(hits / heads));
        record.lastMass[slot] = float(last / heads);
    }
    const std::vector<double> rank = ranks();
    std::copy_n(rank.begin(), occupancy(), record.rank.begin());
}

} // namespace attendre
