#include "model/network/torch_headers.h"

#include "model/network/llama.h"
#include "model/network/row_kernels.h"

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

LlamaConfig llamaConfig(const ModelDescription& d) {
    LlamaConfig config;
    config.layers = d.shape.layers;
    config.queryHeads = d.shape.queryHeads;
    config.heads = d.shape.heads;
    config.headDimension = d.shape.headDimension;
    config.hidden = d.shape.hidden;
    config.feedForward = d.shape.feedForward;
    config.vocabulary = d.shape.vocabulary;
    config.normEpsilon = d.normEpsilon;
    config.ropeTheta = d.ropeTheta;
    config.ropeScaling = d.ropeScaling;
    config.tiedHead = d.tiedHead;
    config.attentionBias = d.attentionBias;
    return config;
}

at::Tensor embed(const LlamaWeights& weights, const at::Tensor& ids) {
    return weights.embedding.index_select(0, ids);
}

LlamaProjections project(const LlamaConfig& config, const LlamaLayerWeights& layer,
                         const at::Tensor& x) {
    const at::Tensor all =
        layer.queryKeyValue(normalized(x, layer.attentionNorm, config.normEpsilon))
            .view({x.size(0), config.queryHeads + 2 * config.heads, config.headDimension});
    return {all.narrow(1, 0, config.queryHeads), all.narrow(1, config.queryHeads, config.heads),
            all.narrow(1, config.queryHeads + config.heads, config.heads)};
}

at::Tensor finish(const LlamaConfig& config, const LlamaLayerWeights& layer,
                  const at::Tensor& attended, const at::Tensor& x) {
    at::Tensor sum = layer.output(attended).add_(x);
    const at::Tensor input = normalized(sum, layer.feedForwardNorm, config.normEpsilon);
    return sum.add_(layer.down(gated(layer.gate(input), layer.up(input))));
}

at::Tensor logits(const LlamaConfig& config, const LlamaWeights& weights, const at::Tensor& x) {
    return weights.head(normalized(x, weights.norm, config.normEpsilon));
}

} // namespace attendre
