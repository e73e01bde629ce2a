#include "model/network/torch_headers.h"

#include "model/network/t5.h"

namespace attendre {

namespace {

at::Tensor normalized(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
    return at::rms_norm(x, {x.size(-1)}, weight, epsilon);
}

// x plus what the feed-forward layer makes of it. x: [m, hidden].
at::Tensor feedForward(const T5FeedForward& weights, const T5Config& config, const at::Tensor& x) {
    const at::Tensor input = normalized(x, weights.norm, config.normEpsilon);
    const at::Tensor inner = config.gated
                                 ? at::gelu(weights.gate(input), "tanh").mul_(weights.up(input))
                                 : at::relu(weights.up(input));
    return x + weights.down(inner);
}

// [n, heads * D] -> [heads, n, D].
at::Tensor byHead(const at::Tensor& rows, int heads) {
    return rows.view({rows.size(0), heads, -1}).transpose(0, 1).contiguous();
}

// One query a head over n entries: key, value: [H, n, D]; query: [H, 1, D]; bias: [H, 1, n] or
// undefined. Sums in float32 at least. Gives [1, H D] and the weights [H, 1, n].
std::pair<at::Tensor, at::Tensor> attend(const at::Tensor& query, const at::Tensor& key,
                                         const at::Tensor& value, const at::Tensor& bias) {
    at::Tensor scores = at::bmm(query, key.transpose(1, 2));
    if (bias.defined())
        scores = scores + bias;
    const auto wide = scores.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    const at::Tensor weights = at::softmax(scores.to(wide), -1);
    const at::Tensor output = at::bmm(weights.to(value.scalar_type()), value); // [H, 1, D]
    return {output.transpose(0, 1).reshape({1, -1}), weights};
}

} // namespace

AttentionShape T5Encoder::attention() const {
    return {m_config.heads, m_config.heads, m_config.headDimension, 1.0};
}

at::Tensor T5Encoder::embed(const at::Tensor& ids, std::int64_t) const {
    return m_weights->embedding.index_select(0, ids);
}

LayerProjections T5Encoder::project(int layer, const at::Tensor& x) const {
    const T5SelfAttention& weights = m_weights->encoder[layer].attention;
    const std::int64_t heads = m_config.heads;
    const at::Tensor all = weights.queryKeyValue(normalized(x, weights.norm, m_config.normEpsilon))
                               .view({x.size(0), 3 * heads, m_config.headDimension});
    return {all.narrow(1, 0, heads), all.narrow(1, heads, heads), all.narrow(1, 2 * heads, heads)};
}

at::Tensor T5Encoder::finish(int layer, const at::Tensor& attended, const at::Tensor& x) const {
    const T5EncoderLayer& weights = m_weights->encoder[layer];
    return feedForward(weights.feedForward, m_config, x + weights.attention.output(attended));
}

at::Tensor T5Encoder::bias(std::int64_t first, std::int64_t m, const at::Tensor& position) const {
    const at::Tensor query = at::arange(first, first + m, position.options().dtype(at::kLong));
    const at::Tensor distance = position.to(at::kLong).unsqueeze(1) - query.view({1, m, 1});
    const at::Tensor place =
        distance.clamp(-m_config.furthest, m_config.furthest).add_(m_config.furthest);
    return m_weights->encoderBias.unsqueeze(1).expand({-1, m, -1}).gather(2, place);
}

at::Tensor T5Encoder::output(const at::Tensor& x) const {
    return normalized(x, m_weights->encoderNorm, m_config.normEpsilon);
}

DecoderState T5Decoder::begin(const at::Tensor& outputs) const {
    DecoderState state;
    const at::Tensor none =
        at::empty({m_config.heads, 0, m_config.headDimension}, outputs.options());
    for (const T5DecoderLayer& layer : m_weights->decoder) {
        const at::Tensor both = layer.crossKeyValue(outputs);
        const std::int64_t width = both.size(1) / 2;
        state.crossKey.push_back(byHead(both.narrow(1, 0, width), m_config.heads));
        state.crossValue.push_back(byHead(both.narrow(1, width, width), m_config.heads));
        state.selfKey.push_back(none);
        state.selfValue.push_back(none);
    }
    return state;
}

at::Tensor T5Decoder::attendSelf(const T5DecoderLayer& layer, std::size_t index,
                                 const at::Tensor& x, const at::Tensor& bias,
                                 DecoderState& state) const {
    const at::Tensor all =
        layer.attention.queryKeyValue(normalized(x, layer.attention.norm, m_config.normEpsilon))
            .view({3, m_config.heads, 1, m_config.headDimension});
    state.selfKey[index] = at::cat({state.selfKey[index], all[1]}, 1);
    state.selfValue[index] = at::cat({state.selfValue[index], all[2]}, 1);
    const auto attended = attend(all[0], state.selfKey[index], state.selfValue[index], bias).first;
    return x + layer.attention.output(attended);
}

Decoded T5Decoder::step(std::int32_t id, DecoderState& state) const {
    at::Tensor x = m_weights->embedding.narrow(0, id, 1);
    // Keys at 0 to t, the query at t: distances -t to 0, all beyond the furthest alike.
    const at::Tensor distance =
        at::arange(-state.length, std::int64_t(1), x.options().dtype(at::kLong))
            .clamp_min_(-m_config.furthest)
            .add_(m_config.furthest);
    const at::Tensor bias = m_weights->decoderBias.index_select(1, distance).unsqueeze(1);
    at::Tensor cross;
    for (std::size_t i = 0; i < m_weights->decoder.size(); ++i) {
        const T5DecoderLayer& layer = m_weights->decoder[i];
        x = attendSelf(layer, i, x, bias, state);
        const at::Tensor query = byHead(
            layer.crossQuery(normalized(x, layer.crossNorm, m_config.normEpsilon)), m_config.heads);
        const auto [attended, weights] = attend(query, state.crossKey[i], state.crossValue[i], {});
        x = feedForward(layer.feedForward, m_config, x + layer.crossOutput(attended));
        const at::Tensor mean = weights.mean(0).squeeze(0);
        cross = cross.defined() ? cross + mean : mean;
    }
    ++state.length;
    x = normalized(x, m_weights->decoderNorm, m_config.normEpsilon).mul(m_config.headScale);
    return {m_weights->head(x), cross.div(double(m_weights->decoder.size()))};
}

} // namespace attendre
