#include "model/network/torch_headers.h"

#include "model/network/llama.h"
#include "model/network/row_kernels.h"

#include <cmath>

namespace attendre {

namespace {

// The loops of row_kernels.h serve the CPU in float32; everything else runs the same formulas
// through ATen.
bool plainRows(const at::Tensor& x) {
    return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous();
}

at::Tensor normalized(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
    if (!plainRows(x))
        return at::rms_norm(x, {x.size(-1)}, weight, epsilon);
    const std::int64_t width = x.size(1);
    at::Tensor out = at::empty_like(x);
    const float* from = x.const_data_ptr<float>();
    const float* scale = weight.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    at::parallel_for(0, x.size(0), 8, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
            normalizeRow(from + row * width, scale, float(epsilon), width, to + row * width);
    });
    return out;
}

// gate becomes silu(gate) * up.
at::Tensor gated(at::Tensor gate, const at::Tensor& up) {
    if (!plainRows(gate) || !plainRows(up))
        return at::silu(gate) * up;
    const std::int64_t width = gate.size(1);
    float* inOut = gate.mutable_data_ptr<float>();
    const float* factor = up.const_data_ptr<float>();
    at::parallel_for(0, gate.size(0), 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
            gateRow(inOut + row * width, factor + row * width, width, inOut + row * width);
    });
    return gate;
}

} // namespace

AttentionShape Llama::attention() const {
    return {m_config.queryHeads, m_config.heads, m_config.headDimension,
            1.0 / std::sqrt(double(m_config.headDimension))};
}

std::vector<double> Llama::rotaryFrequencies() const {
    return attendre::rotaryFrequencies(m_config.headDimension, m_config.ropeTheta,
                                       m_config.ropeScaling);
}

at::Tensor Llama::embed(const at::Tensor& ids, std::int64_t) const {
    return m_weights.embedding.index_select(0, ids);
}

LayerProjections Llama::project(int layer, const at::Tensor& x) const {
    const LlamaLayerWeights& weights = m_weights.layers[layer];
    const int queries = m_config.queryHeads, heads = m_config.heads;
    const at::Tensor all =
        weights.queryKeyValue(normalized(x, weights.attentionNorm, m_config.normEpsilon))
            .view({x.size(0), queries + 2 * heads, m_config.headDimension});
    return {all.narrow(1, 0, queries), all.narrow(1, queries, heads),
            all.narrow(1, queries + heads, heads)};
}

at::Tensor Llama::finish(int layer, const at::Tensor& attended, const at::Tensor& x) const {
    const LlamaLayerWeights& weights = m_weights.layers[layer];
    at::Tensor sum = weights.output(attended).add_(x);
    const at::Tensor input = normalized(sum, weights.feedForwardNorm, m_config.normEpsilon);
    return sum.add_(weights.down(gated(weights.gate(input), weights.up(input))));
}

at::Tensor Llama::output(const at::Tensor& x) const {
    return m_weights.head(normalized(x, m_weights.norm, m_config.normEpsilon));
}

} // namespace attendre
