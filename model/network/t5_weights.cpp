#include "model/network/torch_headers.h"

#include "model/network/position_bucket.h"
#include "model/network/t5.h"
#include "model/network/weight_reading.h"

#include <cmath>

namespace attendre {

namespace {

T5Config t5Config(const ModelDescription& d) {
    T5Config config;
    config.encoderLayers = d.shape.layers;
    config.decoderLayers = d.encoderDecoder.decoderLayers;
    config.heads = d.shape.heads;
    config.headDimension = d.shape.headDimension;
    config.hidden = d.shape.hidden;
    config.feedForward = d.shape.feedForward;
    config.vocabulary = d.shape.vocabulary;
    config.buckets = d.encoderDecoder.buckets;
    config.furthest = d.encoderDecoder.furthest;
    config.normEpsilon = d.normEpsilon;
    config.gated = d.encoderDecoder.gated;
    config.headScale = d.encoderDecoder.scaledHead ? 1.0 / std::sqrt(double(d.shape.hidden)) : 1.0;
    config.startToken = d.encoderDecoder.startToken;
    return config;
}

// Reads one side's blocks. Names are Hugging Face's.
class Blocks {
  public:
    Blocks(WeightReading& reading, const T5Config& config, std::int64_t rows)
        : m_reading(reading), m_config(config), m_rows(rows) {}

    at::Tensor norm(const QString& name) {
        return m_reading.take(name + QStringLiteral(".weight"), {m_config.hidden});
    }

    T5SelfAttention attention(const QString& layer) {
        const QString self = layer + QStringLiteral("SelfAttention.");
        T5SelfAttention weights;
        weights.norm = norm(layer + QStringLiteral("layer_norm"));
        weights.queryKeyValue = joined(self, {"q", "k", "v"});
        weights.output = projection(self + QStringLiteral("o"), m_config.hidden, inner());
        return weights;
    }

    void cross(const QString& layer, T5DecoderLayer& weights) {
        const QString name = layer + QStringLiteral("EncDecAttention.");
        weights.crossNorm = norm(layer + QStringLiteral("layer_norm"));
        weights.crossQuery = projection(name + QStringLiteral("q"), inner(), m_config.hidden);
        weights.crossKeyValue = joined(name, {"k", "v"});
        weights.crossOutput = projection(name + QStringLiteral("o"), m_config.hidden, inner());
    }

    T5FeedForward feedForward(const QString& layer) {
        const QString dense = layer + QStringLiteral("DenseReluDense.");
        const qint64 wide = m_config.feedForward, hidden = m_config.hidden;
        T5FeedForward weights;
        weights.norm = norm(layer + QStringLiteral("layer_norm"));
        if (m_config.gated) {
            weights.gate = projection(dense + QStringLiteral("wi_0"), wide, hidden);
            weights.up = projection(dense + QStringLiteral("wi_1"), wide, hidden);
        } else {
            weights.up = projection(dense + QStringLiteral("wi"), wide, hidden);
        }
        weights.down = projection(dense + QStringLiteral("wo"), hidden, wide);
        return weights;
    }

    // [H, 2 furthest + 1]: what is added at each distance.
    at::Tensor bias(const QString& side, bool bothWays) {
        const at::Tensor table = m_reading.take(
            side + QStringLiteral(".block.0.layer.0.SelfAttention.relative_attention_bias.weight"),
            {m_config.buckets, m_config.heads});
        if (m_reading.error())
            return {};
        const at::Tensor index =
            at::tensor(positionBuckets(bothWays, m_config.buckets, m_config.furthest), at::kLong)
                .to(table.device());
        return table.index_select(0, index).t().contiguous();
    }

  private:
    qint64 inner() const { return qint64(m_config.heads) * m_config.headDimension; }

    Projection projection(const QString& name, qint64 outputs, qint64 inputs) {
        const at::Tensor weight =
            m_reading.take(name + QStringLiteral(".weight"), {outputs, inputs});
        return weight.defined() ? Projection(weight, {}, m_rows) : Projection();
    }

    Projection joined(const QString& prefix, std::initializer_list<const char*> names) {
        std::vector<std::pair<QString, qint64>> parts;
        for (const char* name : names)
            parts.emplace_back(prefix + QLatin1String(name) + QStringLiteral(".weight"), inner());
        const at::Tensor weight = m_reading.takeRows(parts, m_config.hidden);
        return m_reading.error() ? Projection() : Projection(weight, {}, m_rows);
    }

    WeightReading& m_reading;
    const T5Config& m_config;
    std::int64_t m_rows;
};

T5EncoderLayer takeEncoderLayer(Blocks& blocks, int index) {
    const QString block = QStringLiteral("encoder.block.%1.layer.").arg(index);
    return {blocks.attention(block + QStringLiteral("0.")),
            blocks.feedForward(block + QStringLiteral("1."))};
}

T5DecoderLayer takeDecoderLayer(Blocks& blocks, int index) {
    const QString block = QStringLiteral("decoder.block.%1.layer.").arg(index);
    T5DecoderLayer weights;
    weights.attention = blocks.attention(block + QStringLiteral("0."));
    blocks.cross(block + QStringLiteral("1."), weights);
    weights.feedForward = blocks.feedForward(block + QStringLiteral("2."));
    return weights;
}

} // namespace

Result<LoadedLayers> loadT5(const ModelFiles& files, const at::TensorOptions& options,
                            std::int64_t rows, const Progress& progress, const Cancel& cancel) {
    const T5Config config = t5Config(files.description());
    WeightReading reading(files, QStringLiteral("the T5 family"), options, progress, cancel);
    Blocks blocks(reading, config, rows);
    auto weights = std::make_shared<T5Weights>();
    const auto embedding = [&](const QString& name) {
        return reading.take(name, {config.vocabulary, config.hidden});
    };
    const QString shared = QStringLiteral("shared.weight");
    weights->embedding =
        embedding(reading.has(shared) ? shared : QStringLiteral("encoder.embed_tokens.weight"));
    weights->encoderBias = blocks.bias(QStringLiteral("encoder"), true);
    weights->decoderBias = blocks.bias(QStringLiteral("decoder"), false);
    for (int i = 0; i < config.encoderLayers && !reading.error(); ++i)
        weights->encoder.push_back(takeEncoderLayer(blocks, i));
    for (int i = 0; i < config.decoderLayers && !reading.error(); ++i)
        weights->decoder.push_back(takeDecoderLayer(blocks, i));
    weights->encoderNorm = blocks.norm(QStringLiteral("encoder.final_layer_norm"));
    weights->decoderNorm = blocks.norm(QStringLiteral("decoder.final_layer_norm"));
    // A file may say that the head is tied and hold one of its own: then that counts.
    const QString ownHead = QStringLiteral("lm_head.weight");
    const bool own = !files.description().tiedHead || reading.has(ownHead);
    const at::Tensor head = own ? embedding(ownHead) : weights->embedding;
    if (reading.error())
        return *reading.error();
    weights->head = Projection(head, {}, rows);
    return LoadedLayers{std::make_shared<const T5Encoder>(config, weights),
                        std::make_shared<const T5Decoder>(config, weights)};
}

} // namespace attendre
