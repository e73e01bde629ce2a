#pragma once

#include "model/memory/usage_pass.h"
#include "model/network/torch_headers.h"

#include <memory>

namespace attendre {

// What one layer's evicted queries attend over: m queries, n residents in slot order.
struct Retrieval {
    at::Tensor query;      // [H, m, D], rotated
    at::Tensor key, value; // [G, n, D], keys rotated
    at::Tensor bias;       // [H, m, n], added to the scaled scores; undefined: none
    const std::int32_t* position = nullptr; // [G][n], heads positionStride numbers apart
    std::ptrdiff_t positionStride = 0;
    std::int32_t firstQuery = 0; // position of query 0; the others follow it
    bool causal = true;
    double scale = 1;
    int topK = 0;         // each query head attends to that many entries; 0: to all visible ones
    bool hitTopK = false; // a hit is being among the topK of the group's mean, not a share

    std::int64_t heads() const { return key.size(0); }
    std::int64_t queryHeads() const { return query.size(0); }
    std::int64_t group() const { return query.size(0) / key.size(0); }
    std::int64_t queries() const { return query.size(1); }
    std::int64_t entries() const { return key.size(1); }
};

struct Retrieved {
    at::Tensor output;    // [m, H D]
    at::Tensor logSumExp; // [H, m], of the scaled and biased scores over the visible entries
};

// The two passes over queries and keys (SPEC.md, Attention weights without the matrix). A query
// that sees nothing retrieves zeros, its LSE is -inf, and it gives nobody mass or a hit.
class RetrievalBackend {
  public:
    virtual ~RetrievalBackend() = default;
    virtual Retrieved attend(const Retrieval& retrieval) = 0;
    // top is filled where wanted. The sums are those of attend()'s weights.
    virtual UsageDelta usage(const Retrieval& retrieval, const Retrieved& retrieved,
                             GroupSum groupSum, bool wantsTop, TopAttention& top) = 0;
};

// The scaled and biased scores of what each query attends to, -inf elsewhere: [G, H/G, m, n].
at::Tensor attendedScores(const Retrieval& retrieval);

// Plain ATen operations, on any device and in any type: what --device cuda uses, and the slow
// check of the other. It alone knows topK.
std::unique_ptr<RetrievalBackend> makeAtenRetrieval();
// The CPU's own kernels, in float32; other types are converted.
std::unique_ptr<RetrievalBackend> makeCpuRetrieval();

} // namespace attendre
