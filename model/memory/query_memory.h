#pragma once

#include "model/network/torch_headers.h"

namespace attendre {

// Queries with the hidden states that they belong to, in the order of their positions.
struct Queries {
    at::Tensor query;  // [n, H, D], not rotated
    at::Tensor hidden; // [n, hidden]: the residual input
    std::int32_t firstPosition = 0;

    std::int64_t count() const { return query.defined() ? query.size(0) : 0; }
};

// The Q memory of one layer: queries wait in it, strictly first in, first out. Positions in it are
// contiguous, since every query of the input passes through.
class QueryMemory {
  public:
    explicit QueryMemory(int capacity) : m_capacity(capacity) {}

    int capacity() const { return m_capacity; } // N
    int waiting() const { return int(m_waiting.count()); }

    // Takes arrivals in and gives out what overflows the capacity, oldest first. With N = 0 the
    // arrivals themselves, without a copy.
    Queries insert(const Queries& arrivals);

    // Takes out the oldest, at most count: a flush round.
    Queries flush(std::int64_t count);

  private:
    Queries takeOldest(std::int64_t count);

    int m_capacity = 0;
    Queries m_waiting;
};

} // namespace attendre
