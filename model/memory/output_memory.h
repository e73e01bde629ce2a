#pragma once

#include "model/memory/eviction.h"
#include "model/network/torch_headers.h"
#include "model/trace/step_record.h"

#include <unordered_map>
#include <vector>

namespace attendre {

// What an encoder-output memory is and does; fixed for a run.
struct OutputSettings {
    int layer = 0;    // the number under which it is recorded: behind the encoder's last layer
    int heads = 0;    // G of the encoder's last layer
    int capacity = 0; // E
    Ranking ranking;
    Protection protection;
    quint64 seed = 0;
    bool usage = true;      // keep the columns (also kept where the policy reads them)
    bool attention = false; // and find the outputs that an answer attends to most
};

// The finished outputs of an encoder, one entry a position, which all decoder layers read
// (SPEC.md, Encoder-decoder). Before an answer begins there is no cross-attention, so an output
// ranks by the usage of the same position in the encoder's last K/V memory, the mean over its
// heads; frozen in a head that has evicted it. Once an answer begins, usage is that of its
// cross-attention, averaged over decoder layers and heads.
class OutputMemory {
  public:
    // options: type and device of the outputs, `hidden` wide.
    OutputMemory(OutputSettings settings, std::int64_t hidden, const at::TensorOptions& options);

    // A memory of its own that holds the same.
    OutputMemory clone() const;
    // More slots; the outputs keep theirs.
    void grow(int capacity);

    int occupancy() const { return m_columns.occupancy; }
    const EntryColumns& columns() const { return m_columns; } // of G heads until an answer begins
    // [n, hidden], a view in slot order.
    at::Tensor outputs() const { return m_outputs.narrow(0, 0, occupancy()); }

    // One step: rows [n, hidden] at contiguous positions from first on arrive (n may be 0, rows are
    // then not read), in the way of a K/V memory; then the columns follow those of the encoder's
    // last layer as the step left them. record receives everything a LayerRecord holds.
    void step(const at::Tensor& rows, std::int64_t n, std::int32_t first,
              const EntryColumns& lastLayer, LayerRecord& record);

    // An answer begins: usage is counted anew.
    void beginAnswer();
    // One token of the answer, whose query is at position, gave the outputs these weights: [n].
    void attended(const at::Tensor& weights, std::int32_t position, LayerRecord& record);

    // As it stands, as the record of a step in which nothing happened.
    void recordAsItStands(LayerRecord& record) const;

  private:
    std::vector<std::int32_t> evict(int count, std::int32_t firstArrival, LayerRecord& record);
    void insert(const at::Tensor& rows, std::int64_t n, std::int32_t first,
                const std::vector<std::int32_t>& victims);
    void follow(const EntryColumns& lastLayer);
    std::vector<double> ranks() const;
    void recordState(LayerRecord& record) const;

    OutputSettings m_settings;
    at::Tensor m_outputs; // [E, hidden]
    EntryColumns m_columns;
    std::int64_t m_tick = 0;                       // outputs that have arrived
    std::unordered_map<std::int32_t, int> m_slots; // of the residents, by position
    // Usage, per head, of positions whose output has not arrived yet: their entry may leave first.
    std::unordered_map<std::int32_t, std::vector<EntryUsage>> m_coming;
};

} // namespace attendre
