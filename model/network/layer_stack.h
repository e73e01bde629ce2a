#pragma once

#include "model/network/torch_headers.h"

#include <vector>

namespace attendre {

// The attention of a stack's layers, the same in each.
struct AttentionShape {
    int queryHeads = 0, heads = 0, headDimension = 0; // H, G, D
    double scale = 1;                                 // of the scores
};

// What one layer reads of n hidden states.
struct LayerProjections {
    at::Tensor query;      // [n, H, D], not rotated
    at::Tensor key, value; // [n, G, D], not rotated
};

// The layers of a network as the pipeline steps through them: what lies before, between and behind
// their memories. Const while runs share it.
class LayerStack {
  public:
    virtual ~LayerStack() = default;

    virtual int layers() const = 0; // L
    virtual AttentionShape attention() const = 0;
    // The D/2 frequencies of rotation in radians per position; empty: nothing is rotated.
    virtual std::vector<double> rotaryFrequencies() const { return {}; }

    // ids: [n], of the positions from first on -> [n, hidden].
    virtual at::Tensor embed(const at::Tensor& ids, std::int64_t first) const = 0;
    // x: [n, hidden], the layer's input.
    virtual LayerProjections project(int layer, const at::Tensor& x) const = 0;
    // attended: [m, H D], what the queries retrieved; x: [m, hidden], the residual input of the
    // same queries -> [m, hidden], the layer's output.
    virtual at::Tensor finish(int layer, const at::Tensor& attended, const at::Tensor& x) const = 0;
    // Whether bias() adds anything.
    virtual bool biased() const { return false; }
    // What is added to the scaled scores of m queries at positions from first on and the entries at
    // position, [G, n]: [H, m, n]; undefined: nothing is.
    virtual at::Tensor bias(std::int64_t first, std::int64_t m, const at::Tensor& position) const;
    // x: [m, hidden], the last layer's output -> [m, vocabulary]; of an encoder -> [m, hidden], its
    // normalised output.
    virtual at::Tensor output(const at::Tensor& x) const = 0;
};

inline at::Tensor LayerStack::bias(std::int64_t, std::int64_t, const at::Tensor&) const {
    return {};
}

} // namespace attendre
