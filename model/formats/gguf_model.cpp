#include "model/formats/mapped_model.h"

#include "model/formats/gguf.h"
#include "model/formats/gguf_names.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace attendre {

namespace {

std::optional<TensorType> readableType(const GgufBlock& block) {
    for (const TensorType type :
         {TensorType::F32, TensorType::F16, TensorType::BF16, TensorType::F64, TensorType::Q4_0,
          TensorType::Q4_1, TensorType::Q5_0, TensorType::Q5_1, TensorType::Q8_0, TensorType::Q4_K,
          TensorType::Q5_K, TensorType::Q6_K})
        if (tensorTypeName(type) == QLatin1String(block.name))
            return type;
    return std::nullopt;
}

class GgufModelReader {
  public:
    GgufModelReader(const GgufContents& file, const QString& path) : m_file(file), m_path(path) {}

    Result<ModelDescription> describe();
    Result<std::vector<Tensor>> tensors(const ModelDescription& description) const;

  private:
    Error refusal(const QString& what, const QString& remedy) const {
        return Error{QStringLiteral("%1 cannot be used: %2; %3.").arg(m_path, what, remedy)};
    }
    QString text(const char* key) const;
    // A number of the architecture's; without `otherwise` it has to be there.
    double number(const char* key, std::optional<double> otherwise = std::nullopt);
    int whole(const char* key, std::optional<int> otherwise = std::nullopt);
    void sizes(ModelDescription& description);
    void rotated(ModelDescription& description);
    void gpt2(ModelDescription& description);
    void t5(ModelDescription& description);
    Result<void> scaling(ModelDescription& description);
    Result<void> refuseVariants(const ModelDescription& description);
    const GgufTensor* find(std::string_view name) const;

    const GgufContents& m_file;
    const QString& m_path;
    std::string m_family; // "llama": what the keys of the network's numbers begin with
    QString m_problem;    // the first missing or wrong number
};

QString GgufModelReader::text(const char* key) const {
    const GgufValue* value = m_file.find(key);
    if (!value || value->type != GgufType::String)
        return {};
    return QString::fromUtf8(value->string.data(), static_cast<qsizetype>(value->string.size()));
}

double GgufModelReader::number(const char* key, std::optional<double> otherwise) {
    const std::string full = m_family + "." + key;
    const GgufValue* value = m_file.find(full);
    if (value && value->isNumber())
        return value->number();
    if (!value && otherwise)
        return *otherwise;
    if (m_problem.isEmpty())
        m_problem = QStringLiteral("its metadata has no %1 that is one number")
                        .arg(QString::fromStdString(full));
    return 0;
}

int GgufModelReader::whole(const char* key, std::optional<int> otherwise) {
    const double value = number(key, otherwise ? std::optional<double>(*otherwise) : std::nullopt);
    if (value >= 0 && value <= std::numeric_limits<int>::max() && value == std::floor(value))
        return static_cast<int>(value);
    if (m_problem.isEmpty())
        m_problem = QStringLiteral("%1.%2 is %3")
                        .arg(QString::fromStdString(m_family), QLatin1String(key))
                        .arg(value);
    return 0;
}

const GgufTensor* GgufModelReader::find(std::string_view name) const {
    for (const GgufTensor& tensor : m_file.tensors)
        if (tensor.name == name)
            return &tensor;
    return nullptr;
}

Result<void> GgufModelReader::scaling(ModelDescription& description) {
    RopeScaling& scaling = description.ropeScaling;
    const QString kind = text((m_family + ".rope.scaling.type").c_str());
    if (kind == QStringLiteral("linear") ||
        (kind.isEmpty() && m_file.find(m_family + ".rope.scale_linear"))) {
        scaling.kind = RopeScaling::Kind::Linear;
        scaling.factor = number(kind.isEmpty() ? "rope.scale_linear" : "rope.scaling.factor");
    } else if (!kind.isEmpty() && kind != QStringLiteral("none")) {
        return refusal(QStringLiteral("its rotation is scaled by \"%1\"").arg(kind),
                       QStringLiteral("linear scaling and Llama 3's are read"));
    }
    const GgufTensor* divisors = find("rope_freqs.weight");
    if (!divisors)
        return {};
    const qint64 pairs = description.shape.headDimension / 2;
    if (divisors->block->number != 0 || divisors->shape != std::vector<std::int64_t>{pairs} ||
        scaling.kind != RopeScaling::Kind::None)
        return refusal(
            QStringLiteral("rope_freqs.weight does not hold one F32 divisor for each of the "
                           "%1 frequencies alone")
                .arg(pairs),
            QStringLiteral("convert the model anew"));
    scaling.kind = RopeScaling::Kind::Divisors;
    scaling.divisors.resize(static_cast<std::size_t>(pairs));
    std::memcpy(scaling.divisors.data(), divisors->data.data(), divisors->data.size());
    for (const float divisor : scaling.divisors)
        if (!(divisor > 0 && std::isfinite(divisor)))
            return refusal(QStringLiteral("rope_freqs.weight holds the divisor %1")
                               .arg(static_cast<double>(divisor)),
                           QStringLiteral("convert the model anew"));
    return {};
}

Result<void> GgufModelReader::refuseVariants(const ModelDescription& description) {
    if (const int experts = whole("expert_count", 0); experts > 0)
        return refusal(QStringLiteral("it is a mixture of %1 experts").arg(experts),
                       QStringLiteral("choose a Llama model with one feed-forward block a layer"));
    const int head = description.shape.headDimension;
    const int rotated = whole("rope.dimension_count", head),
              value = whole("attention.value_length", head);
    if (rotated != head || value != head)
        return refusal(QStringLiteral("%1 of its %2 key dimensions are rotated and values have %3")
                           .arg(rotated)
                           .arg(head)
                           .arg(value),
                       QStringLiteral("choose a model that rotates whole heads"));
    return {};
}

// What the families name alike.
void GgufModelReader::sizes(ModelDescription& description) {
    NetworkShape& shape = description.shape;
    shape.layers = whole("block_count");
    shape.hidden = whole("embedding_length");
    shape.feedForward = whole("feed_forward_length");
    shape.queryHeads = whole("attention.head_count");
    shape.heads = whole("attention.head_count_kv", shape.queryHeads);
    shape.headDimension =
        whole("attention.key_length", shape.queryHeads > 0 ? shape.hidden / shape.queryHeads : 0);
    shape.trainedLength = whole("context_length");
    const GgufTensor* embedding = find("token_embd.weight");
    if (embedding && embedding->shape.size() == 2 &&
        embedding->shape[0] <= std::numeric_limits<int>::max())
        shape.vocabulary = static_cast<int>(embedding->shape[0]);
    else if (m_problem.isEmpty())
        m_problem = QStringLiteral("it has no matrix token_embd.weight");
    description.tiedHead = !find("output.weight");
}

// Llama, and Qwen2 with biases on q, k and v.
void GgufModelReader::rotated(ModelDescription& description) {
    description.normEpsilon = number("attention.layer_norm_rms_epsilon");
    description.ropeTheta = number("rope.freq_base", 10000);
    description.attentionBias = m_family == "qwen2" || find("blk.0.attn_q.bias");
}

void GgufModelReader::gpt2(ModelDescription& description) {
    NetworkShape& shape = description.shape;
    shape.positions = QStringLiteral("learned");
    description.normEpsilon = number("attention.layer_norm_epsilon");
    description.outputsFirst = true;
    if (m_problem.isEmpty() && (shape.heads != shape.queryHeads ||
                                shape.heads * qint64(shape.headDimension) != shape.hidden))
        m_problem = QStringLiteral("its %1 heads do not divide the hidden size %2")
                        .arg(shape.queryHeads)
                        .arg(shape.hidden);
}

// llama.cpp keeps neither the furthest bucketed distance nor a scale of the head: every T5 has the
// same one, and the tied head of v1.0 is the scaled one.
void GgufModelReader::t5(ModelDescription& description) {
    NetworkShape& shape = description.shape;
    shape.positions = QStringLiteral("relative-bias");
    shape.defaultMode = QStringLiteral("encoder-decoder");
    shape.bidirectional = true;
    description.normEpsilon =
        number("attention.layer_norm_rms_epsilon", number("attention.layer_norm_epsilon", 1e-6));
    EncoderDecoder& network = description.encoderDecoder;
    network.decoderLayers = whole("decoder_block_count", shape.layers);
    network.buckets = whole("attention.relative_buckets_count");
    network.startToken = whole("decoder_start_token_id", 0);
    network.gated = find("enc.blk.0.ffn_gate.weight") != nullptr;
    network.scaledHead = description.tiedHead;
    const GgufValue* end = m_file.find("tokenizer.ggml.eos_token_id");
    if (end && end->isInteger() && end->integer >= 0 &&
        end->integer <= std::numeric_limits<int>::max())
        network.endToken = static_cast<int>(end->integer);
    if (m_problem.isEmpty() && shape.heads != shape.queryHeads)
        m_problem = QStringLiteral("it has %1 K/V heads for %2 query heads")
                        .arg(shape.heads)
                        .arg(shape.queryHeads);
}

Result<ModelDescription> GgufModelReader::describe() {
    ModelDescription description;
    description.family = text("general.architecture");
    m_family = description.family.toStdString();
    if (m_family.empty())
        return refusal(QStringLiteral("its metadata has no general.architecture"),
                       QStringLiteral("convert the model anew"));
    const bool rotates = m_family == "llama" || m_family == "qwen2";
    if (!rotates && m_family != "gpt2" && m_family != "t5")
        return refusal(QStringLiteral("it holds a \"%1\" network").arg(description.family),
                       QStringLiteral("networks of the families Llama, Qwen2, GPT-2 and T5 are "
                                      "read"));
    description.name = text("general.name");
    sizes(description);
    if (rotates)
        rotated(description);
    else if (m_family == "gpt2")
        gpt2(description);
    else
        t5(description);
    if (!m_problem.isEmpty())
        return refusal(m_problem, QStringLiteral("convert the model anew"));
    if (auto checked = checkDescription(description, m_path); !checked)
        return checked.error();
    if (!rotates)
        return description;
    if (auto variants = refuseVariants(description); !variants)
        return variants.error();
    if (auto scaled = scaling(description); !scaled)
        return scaled.error();
    if (!m_problem.isEmpty())
        return refusal(m_problem, QStringLiteral("convert the model anew"));
    if (auto checked = checkDescription(description, m_path); !checked)
        return checked.error();
    return description;
}

Result<std::vector<Tensor>> GgufModelReader::tensors(const ModelDescription& description) const {
    std::vector<Tensor> out;
    out.reserve(m_file.tensors.size());
    for (const GgufTensor& stored : m_file.tensors) {
        Tensor tensor;
        tensor.storedName =
            QString::fromUtf8(stored.name.data(), static_cast<qsizetype>(stored.name.size()));
        tensor.name = commonTensorName(description, tensor.storedName);
        const auto type = readableType(*stored.block);
        if (!type)
            return refusal(
                QStringLiteral("its tensor %1 is stored as %2")
                    .arg(tensor.storedName, QLatin1String(stored.block->name)),
                QStringLiteral(
                    "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and Q6_K are "
                    "read"));
        tensor.type = *type;
        tensor.shape.assign(stored.shape.begin(), stored.shape.end());
        tensor.data = stored.data.data();
        tensor.bytes = static_cast<qint64>(stored.data.size());
        // llama.cpp's converter permutes the rows of these two, weights and biases alike, in the
        // one family that it rotates interleaved.
        if (m_family == "llama" && tensor.name.contains(QStringLiteral(".self_attn.q_proj.")))
            tensor.interleavedHeads = description.shape.queryHeads;
        if (m_family == "llama" && tensor.name.contains(QStringLiteral(".self_attn.k_proj.")))
            tensor.interleavedHeads = description.shape.heads;
        out.push_back(std::move(tensor));
    }
    return out;
}

} // namespace

Result<std::shared_ptr<const ModelFiles>>
makeGgufModel(const GgufContents& contents, const QString& path,
              std::vector<std::shared_ptr<const MappedFile>> files) {
    GgufModelReader reader(contents, path);
    auto description = reader.describe();
    if (!description)
        return description.error();
    auto tensors = reader.tensors(*description);
    if (!tensors)
        return tensors.error();
    return MappedModel::make(path, description.take(), tensors.take(), std::move(files));
}

Result<std::shared_ptr<const ModelFiles>> openGgufModel(const QString& path) {
    auto file = MappedFile::open(path);
    if (!file)
        return file.error();
    auto contents = parseGguf((*file)->bytes(), path);
    if (!contents)
        return contents.error();
    return makeGgufModel(*contents, path, {file.take()});
}

} // namespace attendre
