#pragma once

#include "model/memory/eviction.h"
#include "model/memory/usage_pass.h"
#include "model/replay/frozen_layer.h"
#include "model/trace/archive.h"
#include "model/trace/step_record.h"

#include <vector>

namespace attendre {

// What one layer's memory is in a replay; fixed for its length.
struct ReplayRules {
    int layer = 0;
    int firstHead = 0, heads = 0; // the K/V heads that are replayed, G' of them
    int group = 1, dimension = 0; // H/G, D
    int capacity = 0;             // M
    bool causal = true, relative = false;
    ArchivedAttention attention;
    Ranking ranking;
    Protection protection;
    std::vector<Intervention> interventions;
    bool perLayer = false;
    GroupSum groupSum = GroupSum::Mean;
    double halfLife = 0;
    quint64 seed = 0;
    bool top = false; // also the top attended entries
};

// One layer's memory over frozen queries and keys: evicts, inserts, retrieves and counts as an
// Attendre layer does, without values, outputs and network. Beside the record's state it gives for
// each head how much of the recorded run's attention its residents still get (seen.coverage: the
// mean over all answered queries and the group's heads).
class LayerReplay {
  public:
    explicit LayerReplay(ReplayRules rules);

    // Steps come in order; share is the step's of this layer, frozen what was archived of it.
    void step(const LayerShare& share, const FrozenStep& frozen, LayerRecord& record);
    const EntryColumns& columns() const { return m_columns; }

  private:
    // Keys or queries of a head, turned to positions.
    using Angles = std::vector<float>; // [rows][D]: cosines, then sines
    void evict(int count, std::int32_t firstArrival, LayerRecord& record);
    void insert(const FrozenRows& arrivals, const LayerRecord& record);
    void retrieve(const LayerShare& share, const float* seen, LayerRecord& record);
    UsagePass pass(const LayerShare& share) const;
    void turnQueries(const LayerShare& share, bool relative);
    void turnKeysByRank();
    void makeBias(const LayerShare& share);
    void measure(const LayerShare& share, const std::vector<float>& logSumExp, const float* seen,
                 LayerRecord& record) const;
    void recordState(const LayerShare& share, LayerRecord& record);
    const std::vector<double>& ranks();
    Angles anglesOf(std::int64_t position) const;
    void turn(const float* from, const Angles& angles, float* to) const;

    ReplayRules m_rules;
    EntryColumns m_columns;
    std::vector<float> m_keys;       // [G'][M][D], turned to their original positions
    std::vector<float> m_plainKeys;  // the same as they came; relative positions only
    std::vector<float> m_rankedKeys; // the same by their rank among the residents; likewise
    std::vector<float> m_waiting;    // [waiting][H'][D]: queries, as they came
    std::vector<float> m_queries;    // [H'][m][D]
    std::vector<float> m_bias;       // [H'][m][n]
    std::vector<double> m_ranks;     // [G'][occupancy]; empty: not drawn yet
    std::int64_t m_tick = 0;
    int m_step = 0;
};

// GroupSum of the option's word.
GroupSum groupSumOf(const QString& word);

} // namespace attendre
