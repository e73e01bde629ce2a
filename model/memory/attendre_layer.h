#pragma once

#include "model/memory/key_value_memory.h"
#include "model/memory/layer_archive.h"
#include "model/memory/query_memory.h"
#include "model/memory/retrieval.h"
#include "model/network/rotary_table.h"
#include "model/trace/step_record.h"

#include <functional>
#include <memory>

namespace attendre {

// What one layer's memories are and do; fixed for a run.
struct LayerSettings {
    int layer = 0;
    int queryHeads = 0, heads = 0, headDimension = 0; // H, G, D
    int capacity = 0;                                 // M
    int queryCapacity = 0;                            // N
    bool causal = true;    // the mask: residents at positions up to the query's, or all of them
    bool relative = false; // positions: rank among the residents, or original
    double scale = 1;      // of the scores
    // Added to the scaled scores: [H, m, n] for m queries and n residents; empty: nothing is.
    std::function<at::Tensor(const Retrieval&)> bias;
    Ranking ranking;
    Protection protection;
    std::vector<Intervention> interventions;
    bool perLayer = false; // granularity: one decision for all heads
    GroupSum groupSum = GroupSum::Mean;
    int topK = 0; // as Retrieval's
    bool hitTopK = false;
    double halfLife = 0; // ticks; 0 = none
    quint64 seed = 0;
    bool usage = true;      // keep the columns (also kept where the policy reads them)
    bool attention = false; // and find the top attended entries
    std::shared_ptr<LayerArchive> archive; // null: nothing is archived
};

// n hidden states as a network's layer projects them. Positions are contiguous.
struct Arrivals {
    at::Tensor query;      // [n, H, D], not rotated
    at::Tensor key, value; // [n, G, D], not rotated
    at::Tensor hidden;     // [n, hidden]
    std::int32_t firstPosition = 0;
};

// m queries that have retrieved; m may be 0, and the tensors are then undefined.
struct Answered {
    at::Tensor output; // [m, H D]
    at::Tensor hidden; // [m, hidden]: the residual input of the same queries
    std::int32_t firstPosition = 0;
    std::int64_t count = 0;
};

// One Attendre layer's memories and what one step does with them (SPEC.md, One layer, one step:
// 2 to 5; the projections before and the residual after belong to the network).
class AttendreLayer {
  public:
    // rotary may be null: a network without rotation. Both pointers outlive the layer.
    AttendreLayer(LayerSettings settings, RotaryTable* rotary, RetrievalBackend* backend,
                  const at::TensorOptions& options);

    const LayerSettings& settings() const { return m_settings; }
    const KeyValueMemory& memory() const { return m_memory; }
    int waiting() const { return m_queries.waiting(); }

    // A layer of its own that holds the same, for a run that goes another way from here on; what
    // is archived is not copied. The pointers outlive it.
    AttendreLayer forked(RotaryTable* rotary, RetrievalBackend* backend) const;
    // More slots for each head.
    void grow(int capacity);
    // From now on queries do not wait and see what stands before them: an answer. None waits now.
    void answerCausally();
    // The layer as it stands, as the record of a step in which nothing happened: a run of its own
    // begins, and what was changed in the run before ends.
    void recordAsItStands(LayerRecord& record);

    // One step with arrivals. record receives everything a LayerRecord holds.
    Answered step(const Arrivals& arrivals, LayerRecord& record);
    // One flush round: the oldest waiting queries, at most count, retrieve; nothing arrives. With a
    // count of 0 the layer takes part in a step in which nothing reaches it.
    Answered flush(std::int64_t count, LayerRecord& record);

  private:
    std::vector<std::vector<std::int32_t>> evict(int count, std::int32_t firstArrival,
                                                 LayerRecord& record);
    Answered retrieve(Queries queries, std::int64_t arrived, LayerRecord& record);
    Retrieval retrievalOf(const Queries& queries) const;
    void rotateRelative(const Queries& queries, Retrieval& retrieval) const;
    void recordState(LayerRecord& record);
    void recordNumbers(const Answered& answered, LayerRecord& record) const;
    const std::vector<double>& ranks();

    LayerSettings m_settings;
    RotaryTable* m_rotary = nullptr;
    RetrievalBackend* m_backend = nullptr;
    KeyValueMemory m_memory;
    QueryMemory m_queries;
    int m_step = 0;              // how many were taken: the number of the next
    std::vector<double> m_ranks; // [G][occupancy] as the columns stand; empty: not drawn yet
};

} // namespace attendre
