#pragma once

#include "model/formats/model_files.h"
#include "model/network/torch_headers.h"

namespace attendre {

// The angles of rotary positions: cosines and sines for positions 0 to count - 1, computed in
// double and kept in the type that rotation multiplies in (f64 for f64, else f32).
struct RotaryTable {
    at::Tensor cosine, sine; // [count, D/2]

    // Of rotaryFrequencies(headDimension, theta, scaling).
    static RotaryTable make(int headDimension, double theta, const RopeScaling& scaling,
                            std::int64_t count, const at::TensorOptions& options);
};

// x: [n, heads, D], row i rotated as position first + i: pairs are (d, d + D/2), as Hugging Face's
// rotate-half has them. Returns [heads, n, D], contiguous, of x's type.
at::Tensor rotateRows(const at::Tensor& x, const RotaryTable& table, std::int64_t first);

// x: [heads, n, D], index: [heads, n] (long): the position of each row of each head.
at::Tensor rotateIndexed(const at::Tensor& x, const RotaryTable& table, const at::Tensor& index);

} // namespace attendre
