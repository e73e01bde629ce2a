#include "model/formats/mapped_model.h"

namespace attendre {

namespace {

using Needed = std::vector<std::pair<QString, std::vector<qint64>>>;

Needed llamaTensors(const ModelDescription& model) {
    const NetworkShape& shape = model.shape;
    const qint64 hidden = shape.hidden, inner = shape.feedForward;
    const qint64 queries = static_cast<qint64>(shape.queryHeads) * shape.headDimension;
    const qint64 keys = static_cast<qint64>(shape.heads) * shape.headDimension;
    Needed needed = {
        {QStringLiteral("model.embed_tokens.weight"), {shape.vocabulary, hidden}},
        {QStringLiteral("model.norm.weight"), {hidden}},
    };
    if (!model.tiedHead)
        needed.push_back({QStringLiteral("lm_head.weight"), {shape.vocabulary, hidden}});
    for (int layer = 0; layer < shape.layers; ++layer) {
        const QString prefix = QStringLiteral("model.layers.%1.").arg(layer);
        const auto need = [&](const char* name, std::vector<qint64> size) {
            needed.push_back({prefix + QLatin1String(name), std::move(size)});
        };
        need("input_layernorm.weight", {hidden});
        need("self_attn.q_proj.weight", {queries, hidden});
        need("self_attn.k_proj.weight", {keys, hidden});
        need("self_attn.v_proj.weight", {keys, hidden});
        need("self_attn.o_proj.weight", {hidden, queries});
        need("post_attention_layernorm.weight", {hidden});
        need("mlp.gate_proj.weight", {inner, hidden});
        need("mlp.up_proj.weight", {inner, hidden});
        need("mlp.down_proj.weight", {hidden, inner});
        if (model.attentionBias) {
            need("self_attn.q_proj.bias", {queries});
            need("self_attn.k_proj.bias", {keys});
            need("self_attn.v_proj.bias", {keys});
        }
    }
    return needed;
}

// GPT-2's own files store matrices as [in, out].
Needed gpt2Tensors(const ModelDescription& model) {
    const NetworkShape& shape = model.shape;
    const qint64 hidden = shape.hidden, inner = shape.feedForward;
    Needed needed = {
        {QStringLiteral("wte.weight"), {shape.vocabulary, hidden}},
        {QStringLiteral("wpe.weight"), {shape.trainedLength, hidden}},
        {QStringLiteral("ln_f.weight"), {hidden}},
        {QStringLiteral("ln_f.bias"), {hidden}},
    };
    if (!model.tiedHead)
        needed.push_back({QStringLiteral("lm_head.weight"), {shape.vocabulary, hidden}});
    for (int layer = 0; layer < shape.layers; ++layer) {
        const QString prefix = QStringLiteral("h.%1.").arg(layer);
        const auto need = [&](const char* name, std::vector<qint64> weight, qint64 outputs) {
            needed.push_back({prefix + QLatin1String(name) + QStringLiteral(".weight"), weight});
            needed.push_back({prefix + QLatin1String(name) + QStringLiteral(".bias"), {outputs}});
        };
        const auto matrix = [&](const char* name, qint64 inputs, qint64 outputs) {
            if (model.outputsFirst)
                need(name, {outputs, inputs}, outputs);
            else
                need(name, {inputs, outputs}, outputs);
        };
        need("ln_1", {hidden}, hidden);
        matrix("attn.c_attn", hidden, 3 * hidden);
        matrix("attn.c_proj", hidden, hidden);
        need("ln_2", {hidden}, hidden);
        matrix("mlp.c_fc", hidden, inner);
        matrix("mlp.c_proj", inner, hidden);
    }
    return needed;
}

// One of the two stacks of T5. The position bias belongs to its first layer and serves all.
void needT5Stack(const ModelDescription& model, const QString& stack, bool decoder,
                 Needed& needed) {
    const NetworkShape& shape = model.shape;
    const qint64 hidden = shape.hidden, inner = shape.feedForward;
    const qint64 width = static_cast<qint64>(shape.heads) * shape.headDimension;
    const auto attention = [&](const QString& prefix, const QString& name) {
        for (const char* matrix : {".q.weight", ".k.weight", ".v.weight"})
            needed.push_back({prefix + name + QLatin1String(matrix), {width, hidden}});
        needed.push_back({prefix + name + QStringLiteral(".o.weight"), {hidden, width}});
        needed.push_back({prefix + QStringLiteral("layer_norm.weight"), {hidden}});
    };
    const int layers = decoder ? model.encoderDecoder.decoderLayers : shape.layers;
    for (int layer = 0; layer < layers; ++layer) {
        const QString block = QStringLiteral("%1.block.%2.layer.").arg(stack).arg(layer);
        attention(block + QStringLiteral("0."), QStringLiteral("SelfAttention"));
        if (layer == 0)
            needed.push_back(
                {block + QStringLiteral("0.SelfAttention.relative_attention_bias.weight"),
                 {model.encoderDecoder.buckets, shape.heads}});
        if (decoder)
            attention(block + QStringLiteral("1."), QStringLiteral("EncDecAttention"));
        const QString last = block + QLatin1String(decoder ? "2." : "1.");
        const QString dense = last + QStringLiteral("DenseReluDense.");
        if (model.encoderDecoder.gated) {
            needed.push_back({dense + QStringLiteral("wi_0.weight"), {inner, hidden}});
            needed.push_back({dense + QStringLiteral("wi_1.weight"), {inner, hidden}});
        } else {
            needed.push_back({dense + QStringLiteral("wi.weight"), {inner, hidden}});
        }
        needed.push_back({dense + QStringLiteral("wo.weight"), {hidden, inner}});
        needed.push_back({last + QStringLiteral("layer_norm.weight"), {hidden}});
    }
    needed.push_back({stack + QStringLiteral(".final_layer_norm.weight"), {hidden}});
}

Needed t5Tensors(const ModelDescription& model) {
    const std::vector<qint64> rows{model.shape.vocabulary, model.shape.hidden};
    Needed needed = {{QStringLiteral("shared.weight"), rows}};
    if (!model.tiedHead)
        needed.push_back({QStringLiteral("lm_head.weight"), rows});
    needT5Stack(model, QStringLiteral("encoder"), false, needed);
    needT5Stack(model, QStringLiteral("decoder"), true, needed);
    return needed;
}

} // namespace

std::vector<std::pair<QString, std::vector<qint64>>> neededTensors(const ModelDescription& model) {
    if (model.family == QStringLiteral("t5"))
        return t5Tensors(model);
    return model.family == QStringLiteral("gpt2") ? gpt2Tensors(model) : llamaTensors(model);
}

} // namespace attendre
