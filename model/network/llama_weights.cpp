#include "model/network/torch_headers.h"

#include "model/network/llama.h"

namespace attendre {

namespace {

// Takes tensors out of the files one by one; the first that is missing or misshapen ends it.
class Reading {
  public:
    Reading(const ModelFiles& files, const at::TensorOptions& options, const Progress& progress,
            const Cancel& cancel)
        : m_files(files), m_options(options), m_progress(progress), m_cancel(cancel),
          m_total(qint64(files.tensors().size())) {}

    const std::optional<Error>& error() const { return m_error; }

    // Undefined where an error stands.
    at::Tensor take(const QString& name, std::vector<qint64> shape) {
        if (m_error)
            return {};
        if (m_cancel.requested()) {
            m_error = Error{QStringLiteral("Loading %1 was cancelled.").arg(m_files.path())};
            return {};
        }
        const Tensor* tensor = m_files.find(name);
        if (!tensor)
            return fail(QStringLiteral("%1 has no tensor %2, which a network of the Llama family "
                                       "needs: get a complete copy of the model.")
                            .arg(m_files.path(), name));
        if (tensor->shape != shape)
            return fail(QStringLiteral("%1: the tensor %2 is %3, but the configuration asks for "
                                       "%4: get a copy of the model whose parts belong together.")
                            .arg(m_files.path(), name, text(tensor->shape), text(shape)));
        at::Tensor plain =
            at::empty(std::vector<std::int64_t>(shape.begin(), shape.end()), at::kFloat);
        if (auto read = readTensor(*tensor, plain.data_ptr<float>()); !read) {
            m_error = read.error();
            return {};
        }
        if (m_progress)
            m_progress(++m_done, m_total);
        return plain.to(m_options);
    }

    // Several matrices with the same input, one below the other.
    at::Tensor takeRows(const std::vector<std::pair<QString, qint64>>& parts, qint64 inputs) {
        std::vector<at::Tensor> rows;
        for (const auto& [name, outputs] : parts)
            rows.push_back(inputs ? take(name, {outputs, inputs}) : take(name, {outputs}));
        return m_error ? at::Tensor() : at::cat(rows, 0);
    }

  private:
    static QString text(const std::vector<qint64>& shape) {
        QStringList numbers;
        for (qint64 n : shape)
            numbers << QString::number(n);
        return QLatin1Char('[') + numbers.join(QStringLiteral(", ")) + QLatin1Char(']');
    }
    at::Tensor fail(const QString& sentence) {
        m_error = Error{sentence};
        return {};
    }

    const ModelFiles& m_files;
    at::TensorOptions m_options;
    const Progress& m_progress;
    const Cancel& m_cancel;
    qint64 m_total = 0, m_done = 0;
    std::optional<Error> m_error;
};

LlamaLayerWeights takeLayer(Reading& reading, const LlamaConfig& c, int index, std::int64_t chunk) {
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
    if (c.attentionBias) {
        qkvBias = reading.takeRows(parts(QStringLiteral(".bias")), 0);
        outputBias = reading.take(attention + QStringLiteral("o_proj.bias"), {c.hidden});
    }
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

Result<LlamaWeights> loadLlama(const ModelFiles& files, const at::TensorOptions& options,
                               std::int64_t chunk, const Progress& progress, const Cancel& cancel) {
    const ModelDescription& description = files.description();
    if (description.family != QStringLiteral("llama"))
        return Error{QStringLiteral("%1 is of the family %2, which the engine cannot run: choose a "
                                    "model of the Llama family, such as SmolLM2 or Llama 3.")
                         .arg(files.path(), description.family)};
    const LlamaConfig config = llamaConfig(description);
    Reading reading(files, options, progress, cancel);

    LlamaWeights weights;
    weights.embedding = reading.take(QStringLiteral("model.embed_tokens.weight"),
                                     {config.vocabulary, config.hidden});
    for (int layer = 0; layer < config.layers && !reading.error(); ++layer)
        weights.layers.push_back(takeLayer(reading, config, layer, chunk));
    weights.norm = reading.take(QStringLiteral("model.norm.weight"), {config.hidden});
    const at::Tensor head = config.tiedHead ? weights.embedding
                                            : reading.take(QStringLiteral("lm_head.weight"),
                                                           {config.vocabulary, config.hidden});
    if (reading.error())
        return *reading.error();
    weights.head = Projection(head, {}, chunk);
    return weights;
}

} // namespace attendre
