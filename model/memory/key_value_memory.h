#pragma once

#include "model/memory/eviction.h"
#include "model/network/torch_headers.h"

namespace attendre {

// The K/V memory of one layer: M slots for each of G heads. An entry keeps its slot and position
// for its whole life. Shapes never change.
class KeyValueMemory {
  public:
    KeyValueMemory(int heads, int capacity, int headDimension, const at::TensorOptions& options);

    const EntryColumns& columns() const { return m_columns; }
    EntryColumns& columns() { return m_columns; }
    int occupancy() const { return m_columns.occupancy; }
    std::int64_t tick() const { return m_tick; } // A: keys that have arrived

    // The residents, [G, n, D], views in slot order.
    at::Tensor keys() const { return m_keys.narrow(1, 0, occupancy()); }
    at::Tensor values() const { return m_values.narrow(1, 0, occupancy()); }

    // A memory of its own that holds the same.
    KeyValueMemory clone() const;
    // More slots for each head; the entries keep theirs.
    void grow(int capacity);

    // How many residents of each head must go for that many arrivals.
    int victimsFor(int arrivals) const;

    // key, value: [G, n, D], of positions firstPosition to firstPosition + n - 1. Free slots are
    // filled first, ascending; then the victims' slots, ascending in victims[head], receive the
    // other arrivals in ascending position.
    void insert(const at::Tensor& key, const at::Tensor& value, std::int32_t firstPosition,
                const std::vector<std::vector<std::int32_t>>& victims);

  private:
    // The Euclidean length of each row, rows in the order of `at`.
    static void keepNorms(std::vector<double>& norms, const at::Tensor& rows,
                          const std::vector<std::int64_t>& at);
    void store(at::Tensor& memory, const at::Tensor& rows, const std::vector<std::int64_t>& at);

    at::Tensor m_keys, m_values; // [G, M, D]
    EntryColumns m_columns;
    std::int64_t m_tick = 0;
};

} // namespace attendre
