#include "model/network/torch_headers.h"

#include "model/network/llama.h"
#include "model/network/weight_reading.h"

namespace attendre {

namespace {

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
    config.queryKeyValueBias = d.attentionBias;
    config.outputBias = d.attentionBias && d.family == QStringLiteral("llama");
    return config;
}

LlamaLayerWeights takeLayer(WeightReading& reading, const LlamaConfig& c, int index,
                            std::int64_t chunk) {
    const QString layer = QStringLiteral("model.layers.%1.").arg(index);
    const qint64 queries = qint64(c.queryHeads) * c.headDimension;
    const qint64 keys = qint64(c.heads) * c.headDimension;
    const auto projection = [&](const QString& name, qint64 outputs, qint64 inputs) {
        at::Tensor weight =
            reading.take(layer + name + QStringLiteral(".weight"), {outputs, inputs});
        return weight.defined() ? Projection(weight, {}, chunk) : Projection();
    };

    LlamaLayerWeights weights;
    weights.attentionNorm =
        reading.take(layer + QStringLiteral("input_layernorm.weight"), {c.hidden});
    const QString attention = layer + QStringLiteral("self_attn.");
    const auto parts = [&](const QString& suffix) {
        return std::vector<std::pair<QString, qint64>>{
            {attention + QStringLiteral("q_proj") + suffix, queries},
            {attention + QStringLiteral("k_proj") + suffix, keys},
            {attention + QStringLiteral("v_proj") + suffix, keys}};
    };
    const at::Tensor qkv = reading.takeRows(parts(QStringLiteral(".weight")), c.hidden);
    at::Tensor qkvBias, outputBias;
    if (c.queryKeyValueBias)
        qkvBias = reading.takeRows(parts(QStringLiteral(".bias")), 0);
    if (c.outputBias)
        outputBias = reading.take(attention + QStringLiteral("o_proj.bias"), {c.hidden});
    const at::Tensor output =
        reading.take(attention + QStringLiteral("o_proj.weight"), {c.hidden, queries});
    weights.feedForwardNorm =
        reading.take(layer + QStringLiteral("post_attention_layernorm.weight"), {c.hidden});
    if (reading.error())
        return weights;
    weights.queryKeyValue = Projection(qkv, qkvBias, chunk);
    weights.output = Projection(output, outputBias, chunk);
    weights.gate = projection(QStringLiteral("mlp.gate_proj"), c.feedForward, c.hidden);
    weights.up = projection(QStringLiteral("mlp.up_proj"), c.feedForward, c.hidden);
    weights.down = projection(QStringLiteral("mlp.down_proj"), c.hidden, c.feedForward);
    return weights;
}

} // namespace

Result<std::shared_ptr<const LayerStack>> loadLlama(const ModelFiles& files,
                                                    const at::TensorOptions& options,
                                                    std::int64_t rows, const Progress& progress,
                                                    const Cancel& cancel) {
    const LlamaConfig config = llamaConfig(files.description());
    WeightReading reading(files, QStringLiteral("the Llama family"), options, progress, cancel);

    LlamaWeights weights;
    weights.embedding = reading.take(QStringLiteral("model.embed_tokens.weight"),
                                     {config.vocabulary, config.hidden});
    for (int layer = 0; layer < config.layers && !reading.error(); ++layer)
        weights.layers.push_back(takeLayer(reading, config, layer, rows));
    weights.norm = reading.take(QStringLiteral("model.norm.weight"), {config.hidden});
    const at::Tensor head = config.tiedHead ? weights.embedding
                                            : reading.take(QStringLiteral("lm_head.weight"),
                                                           {config.vocabulary, config.hidden});
    if (reading.error())
        return *reading.error();
    weights.head = Projection(head, {}, rows);
    return std::shared_ptr<const LayerStack>(
        std::make_shared<const Llama>(config, std::move(weights)));
}

} // namespace attendre
