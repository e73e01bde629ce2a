#include "model/network/torch_headers.h"

#include "model/memory/attendre_layer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace attendre {

AttendreLayer::AttendreLayer(LayerSettings settings, RotaryTable* rotary, RetrievalBackend* backend,
                             const at::TensorOptions& options)
    : m_settings(std::move(settings)), m_rotary(rotary), m_backend(backend),
      m_memory(m_settings.heads, m_settings.capacity, m_settings.headDimension, options),
      m_queries(m_settings.queryCapacity) {
    if (m_settings.ranking.readsNorms)
        m_memory.columns().keepNorms();
}

AttendreLayer AttendreLayer::forked(RotaryTable* rotary, RetrievalBackend* backend) const {
    AttendreLayer copy = *this;
    copy.m_memory = m_memory.clone();
    copy.m_settings.archive = nullptr; // it goes on with the run that it belongs to
    copy.m_rotary = rotary;
    copy.m_backend = backend;
    return copy;
}

void AttendreLayer::grow(int capacity) {
    m_memory.grow(capacity);
    m_settings.capacity = capacity;
}

void AttendreLayer::answerCausally() {
    TORCH_CHECK(waiting() == 0, "queries still wait before an answer");
    m_settings.causal = true;
    m_settings.queryCapacity = 0;
    m_queries = QueryMemory(0);
}

void AttendreLayer::recordAsItStands(LayerRecord& record) {
    m_settings.interventions.clear();
    record.firstPosition = std::int32_t(m_memory.tick());
    recordNumbers({}, record);
    if (m_settings.usage)
        recordState(record);
}

Answered AttendreLayer::step(const Arrivals& arrivals, LayerRecord& record) {
    const int n = int(arrivals.key.size(0));
    const auto victims = evict(m_memory.victimsFor(n), arrivals.firstPosition, record);
    const at::Tensor key = m_rotary && !m_settings.relative
                               ? rotateRows(arrivals.key, m_rotary->rows(arrivals.firstPosition, n))
                               : arrivals.key.transpose(0, 1);
    m_memory.insert(key, arrivals.value.transpose(0, 1), arrivals.firstPosition, victims);
    m_ranks.clear();
    record.firstPosition = arrivals.firstPosition;
    record.arrived = n;
    ++m_step;
    if (m_settings.archive)
        m_settings.archive->arrive(arrivals.key, arrivals.value, arrivals.query,
                                   arrivals.firstPosition, record.archived);
    return retrieve(m_queries.insert({arrivals.query, arrivals.hidden, arrivals.firstPosition}), n,
                    record);
}

Answered AttendreLayer::flush(std::int64_t count, LayerRecord& record) {
    record.firstPosition = std::int32_t(m_memory.tick());
    record.arrived = 0;
    record.evicted = 0;
    ++m_step;
    return retrieve(m_queries.flush(count), 0, record);
}

// Ranks stand for the columns at the end of the last step, so what is recorded there is what
// decides here.
const std::vector<double>& AttendreLayer::ranks() {
    if (m_ranks.empty())
        m_ranks = rankResidents(m_memory.columns(), m_settings.layer, m_settings.ranking.rank,
                                {m_memory.tick(), m_settings.seed}, m_settings.perLayer);
    return m_ranks;
}

std::vector<std::vector<std::int32_t>> AttendreLayer::evict(int count, std::int32_t firstArrival,
                                                            LayerRecord& record) {
    record.evicted = count;
    std::vector<std::vector<std::int32_t>> victims(m_settings.heads);
    if (count == 0)
        return victims;
    const std::size_t n = std::size_t(m_memory.occupancy());
    const EntryColumns& columns = m_memory.columns();
    for (int head = 0; head < m_settings.heads; ++head) {
        const auto position = headColumns(columns, m_settings.layer, head).position;
        const auto rank = std::span(ranks()).subspan(head * n, n);
        victims[head] = chooseVictims(position, rank, count,
                                      protectionIn(m_settings.protection, m_settings.interventions,
                                                   m_step, m_settings.layer, head),
                                      firstArrival);
        TORCH_CHECK(int(victims[head].size()) == count,
                    "more entries are protected than the memory can keep");
        for (std::int32_t slot : victims[head]) {
            record.victimSlots.push_back(slot);
            record.victimPositions.push_back(position[slot]);
            record.victimRanks.push_back(rank[slot]);
        }
    }
    return victims;
}

Answered AttendreLayer::retrieve(Queries queries, std::int64_t arrived, LayerRecord& record) {
    Answered answered{{}, queries.hidden, queries.firstPosition, queries.count()};
    const bool usage = m_settings.usage || m_settings.ranking.readsUsage;
    UsageDelta delta(m_settings.heads, m_memory.occupancy());
    if (answered.count > 0) {
        const Retrieval retrieval = retrievalOf(queries);
        const Retrieved retrieved = m_backend->attend(retrieval);
        answered.output = retrieved.output;
        if (usage)
            delta = m_backend->usage(retrieval, retrieved, m_settings.groupSum,
                                     m_settings.attention, record.attention);
        if (m_settings.archive)
            m_settings.archive->measure(retrieval, retrieved, queries.query, m_memory.tick(),
                                        m_rotary, record);
    }
    if (usage) {
        const double decay =
            m_settings.halfLife > 0 ? std::exp2(-double(arrived) / m_settings.halfLife) : 1;
        addUsage(m_memory.columns(), delta, m_memory.tick(), int(answered.count), decay);
        m_ranks.clear();
    }
    recordNumbers(answered, record);
    if (m_settings.usage)
        recordState(record);
    return answered;
}

void AttendreLayer::recordNumbers(const Answered& answered, LayerRecord& record) const {
    record.layer = m_settings.layer;
    record.capacity = m_settings.capacity;
    // Where none is answered: the one that is next.
    record.firstAnswered = answered.count > 0 ? answered.firstPosition
                                              : std::int32_t(m_memory.tick()) - m_queries.waiting();
    record.answered = std::int32_t(answered.count);
    record.waiting = m_queries.waiting();
    record.occupancy = m_memory.occupancy();
    record.tick = m_memory.tick();
}

Retrieval AttendreLayer::retrievalOf(const Queries& queries) const {
    Retrieval r;
    r.key = m_memory.keys();
    r.value = m_memory.values();
    r.position = m_memory.columns().position.data();
    r.positionStride = m_settings.capacity;
    r.firstQuery = queries.firstPosition;
    r.causal = m_settings.causal;
    r.scale = m_settings.scale;
    r.topK = m_settings.topK;
    r.hitTopK = m_settings.hitTopK;
    if (!m_rotary)
        r.query = queries.query.transpose(0, 1).contiguous();
    else if (m_settings.relative)
        rotateRelative(queries, r);
    else
        r.query = rotateRows(queries.query, m_rotary->rows(queries.firstPosition, queries.count()));
    if (m_settings.bias)
        r.bias = m_settings.bias(r);
    return r;
}

// Relative positions: an entry's index is its rank by original position among the residents of its
// head, a query's the number of residents before it; both as they now are.
void AttendreLayer::rotateRelative(const Queries& queries, Retrieval& r) const {
    const std::int64_t heads = r.heads(), n = r.entries(), m = queries.count();
    const std::int64_t group = m_settings.queryHeads / heads;
    at::Tensor keyIndex = at::empty({heads, n}, at::kLong);
    at::Tensor queryIndex = at::empty({heads, m}, at::kLong);
    std::vector<std::int32_t> order(n), sorted(n);
    for (std::int64_t head = 0; head < heads; ++head) {
        const std::int32_t* position = r.position + head * r.positionStride;
        std::iota(order.begin(), order.end(), 0);
        std::sort(order.begin(), order.end(),
                  [&](std::int32_t a, std::int32_t b) { return position[a] < position[b]; });
        for (std::int64_t i = 0; i < n; ++i) {
            keyIndex.mutable_data_ptr<std::int64_t>()[head * n + order[i]] = i;
            sorted[i] = position[order[i]];
        }
        for (std::int64_t j = 0; j < m; ++j)
            queryIndex.mutable_data_ptr<std::int64_t>()[head * m + j] =
                std::lower_bound(sorted.begin(), sorted.end(), queries.firstPosition + j) -
                sorted.begin();
    }
    // A query's index is at most the number of residents.
    const RotaryRows rows = m_rotary->rows(0, n + 1);
    r.key = rotateIndexed(r.key, rows, keyIndex.to(r.key.device()));
    r.query = rotateIndexed(queries.query.transpose(0, 1), rows,
                            queryIndex.to(r.key.device()).repeat_interleave(group, 0));
}

void AttendreLayer::recordState(LayerRecord& record) {
    recordColumns(m_memory.columns(), ranks(), record);
}

} // namespace attendre
