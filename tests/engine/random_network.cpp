#include "tests/engine/random_network.h"

#include "tests/engine/slow_t5.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtEndian>

#include <cmath>
#include <numbers>

namespace attendre::slow {

std::uint64_t Random::next() {
    std::uint64_t z = (m_state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

int Random::between(int low, int high) {
    return low + int(next() % std::uint64_t(high - low + 1));
}

double Random::uniform() {
    return double(next() >> 11) * 0x1p-53;
}

bool Random::chance(double probability) {
    return uniform() < probability;
}

double Random::normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
}

QString NetworkRecipe::text() const {
    static const char* const kinds[] = {"none", "linear", "llama3"};
    return QString("layers %1, heads %2 x group %3, head dimension %4, hidden %5, feed-forward %6, "
                   "vocabulary %7, sharpness %8, tied %9, bias %10, theta %11, scaling %12, "
                   "old spelling %13, weights' seed %14%15")
        .arg(layers)
        .arg(heads)
        .arg(group)
        .arg(headDimension)
        .arg(hidden())
        .arg(feedForward)
        .arg(vocabulary)
        .arg(sharpness)
        .arg(tied)
        .arg(bias)
        .arg(theta)
        .arg(kinds[int(scaling.kind)])
        .arg(oldSpelling)
        .arg(seed)
        .arg(encoderDecoder
                 ? QString(", T5, gated %1, %2 buckets to %3").arg(gated).arg(buckets).arg(furthest)
                 : QString());
}

NetworkRecipe randomNetwork(Random& random) {
    NetworkRecipe recipe;
    recipe.layers = random.between(1, 3);
    recipe.heads = random.between(1, 3);
    recipe.group = random.between(1, 3);
    recipe.headDimension = 4 * random.between(1, 3);
    // The library that the golden data come from asks for hidden to be a multiple of H.
    recipe.hiddenPerHead = random.between(2, 5) * (recipe.queryHeads() < 3 ? 2 : 1);
    recipe.feedForward = 4 * random.between(2, 6);
    recipe.vocabulary = random.between(5, 40);
    recipe.sharpness = random.chance(0.3) ? 1 : 1.5 + 3 * random.uniform();
    recipe.tied = random.chance(0.5);
    recipe.bias = random.chance(0.3);
    recipe.oldSpelling = random.chance(0.5);
    recipe.theta = random.chance(0.5) ? 10000 : 100;
    if (random.chance(0.2)) {
        recipe.scaling.kind = RopeScaling::Kind::Linear;
        recipe.scaling.factor = 2;
    } else if (random.chance(0.25)) {
        recipe.scaling.kind = RopeScaling::Kind::Llama3;
        recipe.scaling.factor = 8;
        recipe.scaling.originalLength = 16;
    }
    recipe.seed = random.next() % 1000000;
    if (random.chance(0.3)) {
        recipe.encoderDecoder = true;
        recipe.group = 1;
        recipe.gated = random.chance(0.5);
        recipe.buckets = random.chance(0.5) ? 8 : 16;
        recipe.furthest = random.chance(0.5) ? 16 : 32;
    }
    return recipe;
}

ModelDescription description(const NetworkRecipe& recipe) {
    ModelDescription result;
    result.family = "llama";
    result.shape.layers = recipe.layers;
    result.shape.queryHeads = recipe.queryHeads();
    result.shape.heads = recipe.heads;
    result.shape.headDimension = recipe.headDimension;
    result.shape.hidden = recipe.hidden();
    result.shape.feedForward = recipe.feedForward;
    result.shape.vocabulary = recipe.vocabulary;
    result.shape.trainedLength = 1024;
    result.normEpsilon = 1e-5;
    result.ropeTheta = recipe.theta;
    result.ropeScaling = recipe.scaling;
    result.tiedHead = recipe.tied;
    result.attentionBias = recipe.bias;
    if (recipe.encoderDecoder)
        describeT5(recipe, result);
    return result;
}

namespace {

Shapes shapes(const NetworkRecipe& recipe) {
    if (recipe.encoderDecoder)
        return t5Shapes(recipe);
    const int hidden = recipe.hidden();
    const int keys = recipe.heads * recipe.headDimension, queries = keys * recipe.group;
    Shapes result{{"model.embed_tokens.weight", {recipe.vocabulary, hidden}},
                  {"model.norm.weight", {hidden}}};
    if (!recipe.tied)
        result["lm_head.weight"] = {recipe.vocabulary, hidden};
    for (int l = 0; l < recipe.layers; ++l) {
        const std::string at = "model.layers." + std::to_string(l) + ".";
        result[at + "input_layernorm.weight"] = {hidden};
        result[at + "post_attention_layernorm.weight"] = {hidden};
        result[at + "mlp.gate_proj.weight"] = {recipe.feedForward, hidden};
        result[at + "mlp.up_proj.weight"] = {recipe.feedForward, hidden};
        result[at + "mlp.down_proj.weight"] = {hidden, recipe.feedForward};
        const std::map<std::string, std::pair<int, int>> projections{{"q", {queries, hidden}},
                                                                     {"k", {keys, hidden}},
                                                                     {"v", {keys, hidden}},
                                                                     {"o", {hidden, queries}}};
        for (const auto& [name, size] : projections) {
            result[at + "self_attn." + name + "_proj.weight"] = {size.first, size.second};
            if (recipe.bias)
                result[at + "self_attn." + name + "_proj.bias"] = {size.first};
        }
    }
    return result;
}

bool contains(const std::string& name, const char* part) {
    return name.find(part) != std::string::npos;
}

QJsonObject configuration(const NetworkRecipe& recipe) {
    if (recipe.encoderDecoder)
        return t5Configuration(recipe);
    QJsonObject rope{{"rope_type", "default"}};
    if (recipe.scaling.kind == RopeScaling::Kind::Linear)
        rope = {{"rope_type", "linear"}, {"factor", recipe.scaling.factor}};
    if (recipe.scaling.kind == RopeScaling::Kind::Llama3)
        rope = {{"rope_type", "llama3"},
                {"factor", recipe.scaling.factor},
                {"low_freq_factor", recipe.scaling.lowFrequencyFactor},
                {"high_freq_factor", recipe.scaling.highFrequencyFactor},
                {"original_max_position_embeddings", recipe.scaling.originalLength}};
    QJsonObject json{{"model_type", "llama"},
                     {"architectures", QJsonArray{"LlamaForCausalLM"}},
                     {"hidden_act", "silu"},
                     {"vocab_size", recipe.vocabulary},
                     {"hidden_size", recipe.hidden()},
                     {"intermediate_size", recipe.feedForward},
                     {"num_hidden_layers", recipe.layers},
                     {"num_attention_heads", recipe.queryHeads()},
                     {"num_key_value_heads", recipe.heads},
                     {"head_dim", recipe.headDimension},
                     {"max_position_embeddings", 1024},
                     {"rms_norm_eps", 1e-5},
                     {"tie_word_embeddings", recipe.tied},
                     {"attention_bias", recipe.bias},
                     {"mlp_bias", false}};
    if (recipe.oldSpelling) {
        json["rope_theta"] = recipe.theta;
        json["rope_scaling"] =
            recipe.scaling.kind == RopeScaling::Kind::None ? QJsonValue() : QJsonValue(rope);
        json["torch_dtype"] = "float32";
    } else {
        rope["rope_theta"] = recipe.theta;
        json["rope_parameters"] = rope;
        json["dtype"] = "float32";
    }
    return json;
}

void writeFile(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("%s could not be written", qPrintable(path));
}

} // namespace

Tensors tensors(const NetworkRecipe& recipe) {
    Random random(recipe.seed);
    Tensors result;
    for (const auto& [name, shape] : shapes(recipe)) {
        size_t count = 1;
        for (int extent : shape)
            count *= size_t(extent);
        double scale = 1 / std::sqrt(double(shape.back()));
        if (contains(name, "relative_attention_bias"))
            scale = 1;
        else if (contains(name, "bias"))
            scale = 0.3;
        else if (contains(name, "embed_tokens"))
            scale = recipe.tied ? 2 * scale : 1;
        if (contains(name, "q_proj") || contains(name, "k_proj"))
            scale *= recipe.sharpness;
        if (contains(name, "n.q.") || contains(name, "n.k.")) // T5 does not scale its scores
            scale *= recipe.sharpness / std::sqrt(std::sqrt(double(recipe.headDimension)));
        std::vector<float> values;
        for (size_t i = 0; i < count; ++i)
            values.push_back(float(contains(name, "norm") ? 1 + 0.1 * random.normal()
                                                          : scale * random.normal()));
        result[name] = std::move(values);
    }
    return result;
}

void writeModel(const NetworkRecipe& recipe, const QString& folder) {
    const Tensors values = tensors(recipe);
    QJsonObject header;
    QByteArray data;
    for (const auto& [name, shape] : shapes(recipe)) {
        const std::vector<float>& content = values.at(name);
        QJsonArray extents;
        for (int extent : shape)
            extents.append(extent);
        const qint64 begin = data.size();
        data.append(reinterpret_cast<const char*>(content.data()), qsizetype(4 * content.size()));
        header[QString::fromStdString(name)] = QJsonObject{
            {"dtype", "F32"}, {"shape", extents}, {"data_offsets", QJsonArray{begin, data.size()}}};
    }
    QByteArray head = QJsonDocument(header).toJson(QJsonDocument::Compact);
    head.append(QByteArray((8 - head.size() % 8) % 8, ' '));
    QByteArray length(8, 0);
    qToLittleEndian<quint64>(quint64(head.size()), length.data());
    writeFile(folder + "/model.safetensors", length + head + data);
    writeFile(folder + "/config.json", QJsonDocument(configuration(recipe)).toJson());
}

} // namespace attendre::slow
