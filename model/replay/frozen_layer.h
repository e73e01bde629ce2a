#pragma once

#include "model/replay/step_schedule.h"
#include "model/trace/reader.h"

#include <cstdint>
#include <vector>

namespace attendre {

// Queries, keys and values of consecutive positions as a run archived them, of some K/V heads G'
// and their query heads H': rows of one position after the other, nothing rotated.
struct FrozenRows {
    std::int32_t first = 0, count = 0;
    const float* key = nullptr;   // [count][G'][D]
    const float* value = nullptr; // [count][G'][D]
    const float* query = nullptr; // [count][H'][D]
};

// One step of a layer.
struct FrozenStep {
    FrozenRows arrivals;
    const float* logSumExp = nullptr; // [answered][H']: of what each query saw in the recorded run
};

// Takes a layer's archive apart into rows, in the order of positions, as far as they are asked for.
// With all K/V heads of the layer, or with one of them.
class FrozenLayer {
  public:
    // head: one K/V head, or -1 for all. The reader outlives this.
    FrozenLayer(Reader& reader, const RunInfo& run, int layer, int head = -1);

    int heads() const { return m_heads; }           // G'
    int queryHeads() const { return m_queryHeads; } // H'

    // What reaches the layer in a step and the logarithms of sums that were archived of the queries
    // that it answers. Steps are taken in order: what lies before one is forgotten. Valid until the
    // next call. Errors: the trace cannot be read, or its archive lacks a position.
    Result<FrozenStep> take(const LayerShare& step);

  private:
    Result<void> readStep();
    std::size_t keyRow() const { return std::size_t(m_heads) * std::size_t(m_dimension); }
    std::size_t queryRow() const { return std::size_t(m_queryHeads) * std::size_t(m_dimension); }
    void append(std::vector<float>& to, const std::vector<float>& from, int first, int heads,
                int allHeads, int width) const;
    Error missing(std::int32_t position) const;

    Reader* m_reader;
    RunInfo m_run;
    int m_layer, m_head, m_heads, m_queryHeads, m_dimension;
    int m_nextStep = 0;
    std::int32_t m_first = 0, m_firstAnswered = 0; // positions of the buffers' first rows
    std::vector<float> m_key, m_value, m_query, m_logSumExp;
};

} // namespace attendre
