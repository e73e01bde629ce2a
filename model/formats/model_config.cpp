#include "model/formats/model_config.h"

#include "model/formats/mapped_model.h"

#include <cmath>
#include <limits>

namespace attendre {

namespace {

class ConfigReader {
  public:
    ConfigReader(const QJsonObject& config, const QString& path) : m_config(config), m_path(path) {}
    Result<ModelDescription> read();

  private:
    void refuse(const QString& what,
                const QString& remedy = QStringLiteral("fetch the model again")) {
        if (!m_error)
            m_error = Error{QStringLiteral("%1 cannot be used: %2; %3.").arg(m_path, what, remedy)};
    }
    double number(const QJsonObject& object, const char* key, std::optional<double> otherwise);
    int whole(const char* key, std::optional<int> otherwise);
    bool flag(const char* key, bool otherwise);
    void llama(ModelDescription& description);
    void qwen2(ModelDescription& description);
    void gpt2(ModelDescription& description);
    void t5(ModelDescription& description);
    void feedForward(EncoderDecoder& network);
    void prefix(NetworkShape& shape);
    void needActivation(const char* key, const char* only);
    void shape(NetworkShape& shape);
    void rotation(ModelDescription& description);
    void scaling(const QJsonObject& object, RopeScaling& scaling);

    const QJsonObject& m_config;
    const QString& m_path;
    std::optional<Error> m_error;
};

double ConfigReader::number(const QJsonObject& object, const char* key,
                            std::optional<double> otherwise) {
    const QJsonValue value = object[QLatin1String(key)];
    if (value.isDouble())
        return value.toDouble();
    if ((value.isUndefined() || value.isNull()) && otherwise)
        return *otherwise;
    if (value.isUndefined() || value.isNull())
        refuse(QStringLiteral("it does not say %1").arg(QLatin1String(key)));
    else
        refuse(QStringLiteral("%1 is no number").arg(QLatin1String(key)));
    return 0;
}

int ConfigReader::whole(const char* key, std::optional<int> otherwise) {
    const double value =
        number(m_config, key, otherwise ? std::optional<double>(*otherwise) : std::nullopt);
    if (value >= 0 && value <= std::numeric_limits<int>::max() && value == std::floor(value))
        return static_cast<int>(value);
    refuse(QStringLiteral("%1 is %2").arg(QLatin1String(key)).arg(value));
    return 0;
}

bool ConfigReader::flag(const char* key, bool otherwise) {
    const QJsonValue value = m_config[QLatin1String(key)];
    if (value.isBool())
        return value.toBool();
    if (!value.isUndefined() && !value.isNull())
        refuse(QStringLiteral("%1 is neither true nor false").arg(QLatin1String(key)));
    return otherwise;
}

void ConfigReader::shape(NetworkShape& shape) {
    shape.layers = whole("num_hidden_layers", std::nullopt);
    shape.hidden = whole("hidden_size", std::nullopt);
    shape.feedForward = whole("intermediate_size", std::nullopt);
    shape.vocabulary = whole("vocab_size", std::nullopt);
    shape.queryHeads = whole("num_attention_heads", std::nullopt);
    shape.heads = whole("num_key_value_heads", shape.queryHeads);
    shape.headDimension =
        whole("head_dim", shape.queryHeads > 0 ? shape.hidden / shape.queryHeads : 0);
    shape.trainedLength = whole("max_position_embeddings", 2048); // transformers' default
}

// object: rope_scaling of the older spelling, rope_parameters of the newer one.
void ConfigReader::scaling(const QJsonObject& object, RopeScaling& scaling) {
    QString kind = object[QLatin1String("rope_type")].toString();
    if (kind.isEmpty())
        kind = object[QLatin1String("type")].toString(QStringLiteral("default"));
    if (kind == QLatin1String("default"))
        return;
    if (kind == QLatin1String("linear")) {
        scaling.kind = RopeScaling::Kind::Linear;
        scaling.factor = number(object, "factor", std::nullopt);
    } else if (kind == QLatin1String("llama3")) {
        scaling.kind = RopeScaling::Kind::Llama3;
        scaling.factor = number(object, "factor", std::nullopt);
        scaling.lowFrequencyFactor = number(object, "low_freq_factor", std::nullopt);
        scaling.highFrequencyFactor = number(object, "high_freq_factor", std::nullopt);
        const double length = number(object, "original_max_position_embeddings", std::nullopt);
        if (length >= 1 && length <= std::numeric_limits<int>::max() &&
            length == std::floor(length))
            scaling.originalLength = static_cast<qint64>(length);
        else
            refuse(QStringLiteral("original_max_position_embeddings is %1").arg(length));
    } else {
        refuse(QStringLiteral("its rotation is scaled by \"%1\"").arg(kind.left(80)),
               QStringLiteral("default, linear and llama3 are read"));
    }
}

void ConfigReader::rotation(ModelDescription& description) {
    for (const char* key : {"rope_scaling", "rope_parameters"}) {
        const QJsonValue value = m_config[QLatin1String(key)];
        if (!value.isObject() && !value.isNull() && !value.isUndefined())
            return refuse(QStringLiteral("%1 is no object").arg(QLatin1String(key)));
    }
    const QJsonObject parameters = m_config[QLatin1String("rope_parameters")].toObject();
    const bool newer = !parameters.isEmpty();
    const QJsonObject scaled =
        newer ? parameters : m_config[QLatin1String("rope_scaling")].toObject();
    description.ropeTheta =
        number(newer && parameters.contains(QLatin1String("rope_theta")) ? parameters : m_config,
               "rope_theta", 10000.0);
    scaling(scaled, description.ropeScaling);
    const QJsonObject& partial =
        parameters.contains(QLatin1String("partial_rotary_factor")) ? parameters : m_config;
    if (const double share = number(partial, "partial_rotary_factor", 1.0); share != 1.0)
        refuse(QStringLiteral("it rotates the share %1 of each head").arg(share),
               QStringLiteral("choose a model that rotates whole heads"));
}

void ConfigReader::needActivation(const char* key, const char* only) {
    const QString activation = m_config[QLatin1String(key)].toString(QLatin1String(only));
    if (activation != QLatin1String(only))
        refuse(QStringLiteral("its activation is \"%1\"").arg(activation.left(80)),
               QStringLiteral("%1 is read").arg(QLatin1String(only)));
}

void ConfigReader::llama(ModelDescription& description) {
    shape(description.shape);
    rotation(description);
    description.normEpsilon = number(m_config, "rms_norm_eps", 1e-6); // transformers' default
    description.tiedHead = flag("tie_word_embeddings", false);
    description.attentionBias = flag("attention_bias", false);
    if (flag("mlp_bias", false))
        refuse(QStringLiteral("its feed-forward layers have biases (mlp_bias)"),
               QStringLiteral("choose a Llama model without them"));
    needActivation("hidden_act", "silu");
}

// As Llama, with biases on q, k and v alone.
void ConfigReader::qwen2(ModelDescription& description) {
    llama(description);
    description.attentionBias = true;
    if (flag("use_sliding_window", false))
        refuse(QStringLiteral("its layers attend within a sliding window"),
               QStringLiteral("choose a Qwen2 model without one"));
}

void ConfigReader::gpt2(ModelDescription& description) {
    NetworkShape& shape = description.shape;
    shape.layers = whole("n_layer", std::nullopt);
    shape.hidden = whole("n_embd", std::nullopt);
    shape.feedForward = whole("n_inner", shape.hidden * 4);
    shape.vocabulary = whole("vocab_size", std::nullopt);
    shape.queryHeads = shape.heads = whole("n_head", std::nullopt);
    shape.headDimension = shape.heads > 0 ? shape.hidden / shape.heads : 0;
    shape.trainedLength = whole("n_positions", std::nullopt);
    shape.positions = QStringLiteral("learned");
    description.normEpsilon = number(m_config, "layer_norm_epsilon", 1e-5);
    description.tiedHead = flag("tie_word_embeddings", true);
    needActivation("activation_function", "gelu_new");
    if (shape.heads * shape.headDimension != shape.hidden)
        refuse(QStringLiteral("its %1 heads do not divide n_embd = %2")
                   .arg(shape.heads)
                   .arg(shape.hidden));
    if (!flag("scale_attn_weights", true) || flag("scale_attn_by_inverse_layer_idx", false))
        refuse(QStringLiteral("its scores are not scaled by the head dimension alone"),
               QStringLiteral("choose a GPT-2 model that is scaled so"));
}

// "relu" is v1.0's, "gated-gelu" v1.1's; the two members beside it say the same in other words.
void ConfigReader::feedForward(EncoderDecoder& network) {
    const QString kind =
        m_config[QLatin1String("feed_forward_proj")].toString(QStringLiteral("relu"));
    network.gated = kind == QLatin1String("gated-gelu");
    if (!network.gated && kind != QLatin1String("relu"))
        return refuse(QStringLiteral("its feed_forward_proj is \"%1\"").arg(kind.left(80)),
                      QStringLiteral("relu and gated-gelu are read"));
    if (flag("is_gated_act", network.gated) != network.gated)
        refuse(QStringLiteral("is_gated_act contradicts feed_forward_proj, which is \"%1\"")
                   .arg(kind));
    needActivation("dense_act_fn", network.gated ? "gelu_new" : "relu");
}

// The shape is the encoder's. Since transformers 5 every file says that the head is tied, and
// scale_decoder_outputs says what tie_word_embeddings did before.
void ConfigReader::t5(ModelDescription& description) {
    NetworkShape& shape = description.shape;
    shape.layers = whole("num_layers", std::nullopt);
    shape.hidden = whole("d_model", std::nullopt);
    shape.feedForward = whole("d_ff", std::nullopt);
    shape.vocabulary = whole("vocab_size", std::nullopt);
    shape.queryHeads = shape.heads = whole("num_heads", std::nullopt);
    shape.headDimension = whole("d_kv", std::nullopt);
    shape.trainedLength = whole("n_positions", 512);
    shape.positions = QStringLiteral("relative-bias");
    shape.defaultMode = QStringLiteral("encoder-decoder");
    shape.bidirectional = true;
    EncoderDecoder& network = description.encoderDecoder;
    network.decoderLayers = whole("num_decoder_layers", shape.layers);
    network.buckets = whole("relative_attention_num_buckets", 32);
    network.furthest = whole("relative_attention_max_distance", 128);
    network.startToken = whole("decoder_start_token_id", whole("pad_token_id", 0));
    network.endToken = whole("eos_token_id", 1);
    feedForward(network);
    description.normEpsilon = number(m_config, "layer_norm_epsilon", 1e-6);
    description.tiedHead = flag("tie_word_embeddings", true);
    network.scaledHead = flag("scale_decoder_outputs", description.tiedHead);
}

// A decoder that was trained with a prefix mask.
void ConfigReader::prefix(NetworkShape& shape) {
    if (!flag("use_bidirectional_attention", false))
        return;
    shape.bidirectional = true;
    shape.defaultMode = QStringLiteral("prefix");
}

Result<ModelDescription> ConfigReader::read() {
    ModelDescription description;
    description.family = m_config[QLatin1String("model_type")].toString();
    if (description.family.isEmpty())
        refuse(QStringLiteral("it does not say model_type"));
    else if (description.family == QLatin1String("llama"))
        llama(description);
    else if (description.family == QLatin1String("qwen2"))
        qwen2(description);
    else if (description.family == QLatin1String("gpt2"))
        gpt2(description);
    else if (description.family == QLatin1String("t5"))
        t5(description);
    else
        refuse(QStringLiteral("it describes a \"%1\" network").arg(description.family.left(80)),
               QStringLiteral("networks of the families Llama, Qwen2, GPT-2 and T5 are read"));
    if (description.encoderDecoder.decoderLayers == 0)
        prefix(description.shape);
    if (m_error)
        return *m_error;
    if (auto checked = checkDescription(description, m_path); !checked)
        return checked.error();
    return description;
}

} // namespace

Result<ModelDescription> readModelConfig(const QJsonObject& config, const QString& path) {
    return ConfigReader(config, path).read();
}

} // namespace attendre
