#include "model/network/torch_headers.h"

#include "model/network/gpt2.h"
#include "model/network/weight_reading.h"

#include <cmath>

namespace attendre {

namespace {

Gpt2Config gpt2Config(const ModelDescription& d) {
    Gpt2Config config;
    config.layers = d.shape.layers;
    config.heads = d.shape.heads;
    config.headDimension = d.shape.headDimension;
    config.hidden = d.shape.hidden;
    config.feedForward = d.shape.feedForward;
    config.vocabulary = d.shape.vocabulary;
    config.positions = d.shape.trainedLength;
    config.normEpsilon = d.normEpsilon;
    config.tiedHead = d.tiedHead;
    config.outputsFirst = d.outputsFirst;
    return config;
}

Gpt2LayerWeights takeLayer(WeightReading& reading, const Gpt2Config& c, int index,
                           std::int64_t rows) {
    const QString layer = QStringLiteral("h.%1.").arg(index);
    const auto norm = [&](const char* name) {
        const QString full = layer + QLatin1String(name);
        return Gpt2Norm{reading.take(full + QStringLiteral(".weight"), {c.hidden}),
                        reading.take(full + QStringLiteral(".bias"), {c.hidden})};
    };
    const auto projection = [&](const char* name, qint64 inputs, qint64 outputs) {
        const QString full = layer + QLatin1String(name);
        const QString matrix = full + QStringLiteral(".weight");
        const at::Tensor weight = c.outputsFirst ? reading.take(matrix, {outputs, inputs})
                                                 : reading.take(matrix, {inputs, outputs});
        const at::Tensor bias = reading.take(full + QStringLiteral(".bias"), {outputs});
        if (reading.error())
            return Projection();
        return Projection(c.outputsFirst ? weight : weight.t().contiguous(), bias, rows);
    };
    Gpt2LayerWeights weights;
    weights.attentionNorm = norm("ln_1");
    weights.queryKeyValue = projection("attn.c_attn", c.hidden, 3 * qint64(c.hidden));
    weights.output = projection("attn.c_proj", c.hidden, c.hidden);
    weights.feedForwardNorm = norm("ln_2");
    weights.up = projection("mlp.c_fc", c.hidden, c.feedForward);
    weights.down = projection("mlp.c_proj", c.feedForward, c.hidden);
    return weights;
}

} // namespace

Result<std::shared_ptr<const LayerStack>> loadGpt2(const ModelFiles& files,
                                                   const at::TensorOptions& options,
                                                   std::int64_t rows, const Progress& progress,
                                                   const Cancel& cancel) {
    const Gpt2Config c = gpt2Config(files.description());
    WeightReading reading(files, QStringLiteral("the GPT-2 family"), options, progress, cancel);
    Gpt2Weights weights;
    weights.embedding = reading.take(QStringLiteral("wte.weight"), {c.vocabulary, c.hidden});
    weights.positions = reading.take(QStringLiteral("wpe.weight"), {c.positions, c.hidden});
    for (int layer = 0; layer < c.layers && !reading.error(); ++layer)
        weights.layers.push_back(takeLayer(reading, c, layer, rows));
    weights.norm = {reading.take(QStringLiteral("ln_f.weight"), {c.hidden}),
                    reading.take(QStringLiteral("ln_f.bias"), {c.hidden})};
    const at::Tensor head =
        c.tiedHead ? weights.embedding
                   : reading.take(QStringLiteral("lm_head.weight"), {c.vocabulary, c.hidden});
    if (reading.error())
        return *reading.error();
    weights.head = Projection(head, {}, rows);
    return std::shared_ptr<const LayerStack>(std::make_shared<const Gpt2>(c, std::move(weights)));
}

AttentionShape Gpt2::attention() const {
    return {m_config.heads, m_config.heads, m_config.headDimension,
            1.0 / std::sqrt(double(m_config.headDimension))};
}

at::Tensor Gpt2::normalized(const at::Tensor& x, const Gpt2Norm& norm) const {
    return at::layer_norm(x, {x.size(-1)}, norm.weight, norm.bias, m_config.normEpsilon);
}

at::Tensor Gpt2::embed(const at::Tensor& ids, std::int64_t first) const {
    return m_weights.embedding.index_select(0, ids).add_(
        m_weights.positions.narrow(0, first, ids.size(0)));
}

LayerProjections Gpt2::project(int layer, const at::Tensor& x) const {
    const Gpt2LayerWeights& weights = m_weights.layers[layer];
    const std::int64_t heads = m_config.heads;
    const at::Tensor all = weights.queryKeyValue(normalized(x, weights.attentionNorm))
                               .view({x.size(0), 3 * heads, m_config.headDimension});
    return {all.narrow(1, 0, heads), all.narrow(1, heads, heads), all.narrow(1, 2 * heads, heads)};
}

at::Tensor Gpt2::finish(int layer, const at::Tensor& attended, const at::Tensor& x) const {
    const Gpt2LayerWeights& weights = m_weights.layers[layer];
    at::Tensor sum = weights.output(attended).add_(x);
    const at::Tensor input = normalized(sum, weights.feedForwardNorm);
    return sum.add_(weights.down(at::gelu(weights.up(input), "tanh")));
}

at::Tensor Gpt2::output(const at::Tensor& x) const {
    return m_weights.head(normalized(x, m_weights.norm));
}

} // namespace attendre
