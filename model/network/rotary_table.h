#pragma once

#include "model/network/torch_headers.h"

#include <map>
#include <vector>

namespace attendre {

// Cosines and sines of some positions, one row each: [n, D/2], in the type that rotation multiplies
// in (f64 for f64, else f32).
struct RotaryRows {
    at::Tensor cosine, sine;
};

// The angles of rotary positions, computed in double, a block of positions at a time when it is
// first asked for. Of the blocks the latest are kept, so that a run of any length keeps few.
class RotaryTable {
  public:
    static constexpr std::int64_t blockLength = 1024;

    // Nothing is rotated.
    RotaryTable() = default;
    // frequencies: [D/2], radians per position. reach: how many positions apart, at most, two that
    // are asked for in one step lie.
    RotaryTable(const std::vector<double>& frequencies, std::int64_t reach,
                const at::TensorOptions& options);

    bool rotates() const { return m_frequencies.defined(); }
    // Of positions first to first + n - 1.
    RotaryRows rows(std::int64_t first, std::int64_t n);

  private:
    const RotaryRows& block(std::int64_t index);

    at::Tensor m_frequencies; // [1, D/2], double
    at::TensorOptions m_options;
    std::size_t m_kept = 0;
    std::map<std::int64_t, RotaryRows> m_blocks;
};

// x: [n, heads, D], row i rotated as rows' row i: pairs are (d, d + D/2), as Hugging Face's
// rotate-half has them. Returns [heads, n, D], contiguous, of x's type.
at::Tensor rotateRows(const at::Tensor& x, const RotaryRows& rows);

// x: [heads, n, D], index: [heads, n] (long): which of rows each row of each head is rotated as.
at::Tensor rotateIndexed(const at::Tensor& x, const RotaryRows& rows, const at::Tensor& index);

} // namespace attendre
