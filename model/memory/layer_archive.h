#pragma once

#include "model/memory/retrieval.h"
#include "model/network/rotary_table.h"
#include "model/trace/archive.h"
#include "model/trace/step_record.h"

#include <QString>

#include <functional>
#include <memory>

namespace attendre {

// What an archive keeps of one layer; fixed for a run.
struct ArchiveSettings {
    std::int64_t positions = 0; // T
    int heads = 0, headDimension = 0;
    bool values = false; // with values and queries, not the keys alone
    bool atHand = false; // entries may leave: what arrived is kept for the measurements
    int sinks = 0;       // s: left out of the numbers beyond sinks
    bool causal = true;
    double scale = 1;
    std::function<at::Tensor(const Retrieval&)> bias; // as LayerSettings'
    QString folder; // for the files of what is at hand; empty: the system's for temporary files
};

// One layer's archive during a run: hands what arrives to the record, and measures against all of
// it what the memory's queries missed. Keys and values that may be evicted lie in a mapped file
// without a name, so that they cost no memory of the process's own and vanish with it.
class LayerArchive {
  public:
    // Throws c10::Error where the file cannot be made or has no room.
    explicit LayerArchive(ArchiveSettings settings);

    // key, value: [n, G, D], query: [n, H, D], not rotated, of positions from first on.
    void arrive(const at::Tensor& key, const at::Tensor& value, const at::Tensor& query,
                std::int64_t first, ArchivedStep& record);
    // After the retrieval of queries ([m, H, D], not rotated). tick: keys that have arrived.
    // rotary: null where the network does not rotate.
    void measure(const Retrieval& retrieval, const Retrieved& retrieved, const at::Tensor& queries,
                 std::int64_t tick, RotaryTable* rotary, LayerRecord& record) const;

    // Which of m answered queries are measured: at most 8, evenly spaced, the last one included.
    static std::vector<std::int64_t> sample(std::int64_t answered);

  private:
    at::Tensor seenScores(const Retrieval& retrieval, const at::Tensor& queries,
                          const std::vector<std::int64_t>& sample, std::int64_t tick,
                          RotaryTable* rotary) const;
    at::Tensor biasOf(const Retrieval& retrieval, const at::Tensor& key, std::int64_t from) const;
    SeenNumbers nothingLost(std::int64_t visible) const;

    ArchiveSettings m_settings;
    at::Tensor m_keys, m_values; // [T, G, D], float32, mapped; undefined where nothing is at hand
};

} // namespace attendre
