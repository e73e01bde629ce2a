#include "tests/engine/slow_t5.h"

#include <QJsonArray>

#include <cmath>

namespace attendre::slow {

namespace {

constexpr int decoderLayers = 1;

void addSide(const NetworkRecipe& recipe, const std::string& side, int layers, Shapes& shapes) {
    const int hidden = recipe.hidden(), keys = recipe.heads * recipe.headDimension;
    for (int l = 0; l < layers; ++l) {
        const std::string block = side + ".block." + std::to_string(l) + ".layer.";
        std::vector<std::string> attentions{"0.SelfAttention."};
        if (side == "decoder")
            attentions.push_back("1.EncDecAttention.");
        for (const std::string& attention : attentions) {
            for (const char* name : {"q", "k", "v"})
                shapes[block + attention + name + ".weight"] = {keys, hidden};
            shapes[block + attention + "o.weight"] = {hidden, keys};
            shapes[block + attention.substr(0, 2) + "layer_norm.weight"] = {hidden};
        }
        const std::string dense = block + std::to_string(attentions.size()) + ".";
        shapes[dense + "layer_norm.weight"] = {hidden};
        for (const char* name : recipe.gated ? std::vector<const char*>{"wi_0", "wi_1"}
                                             : std::vector<const char*>{"wi"})
            shapes[dense + "DenseReluDense." + name + ".weight"] = {recipe.feedForward, hidden};
        shapes[dense + "DenseReluDense.wo.weight"] = {hidden, recipe.feedForward};
    }
    shapes[side + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = {
        recipe.buckets, recipe.heads};
    shapes[side + ".final_layer_norm.weight"] = {hidden};
}

// Both ways: half of the buckets for each direction; of those half for single distances, the
// others in equal ratios up to the furthest.
int bucket(int distance, int buckets, int furthest) {
    const int half = buckets / 2, single = half / 2, n = std::abs(distance);
    const int base = distance > 0 ? half : 0;
    if (n < single)
        return base + n;
    const double ratio = std::log(double(n) / single) / std::log(double(furthest) / single);
    return base + std::min(half - 1, single + int(std::floor(ratio * (half - single) + 1e-6)));
}

Row row(const Tensors& tensors, const std::string& name) {
    const std::vector<float>& values = tensors.at(name);
    return Row(values.begin(), values.end());
}

} // namespace

Shapes t5Shapes(const NetworkRecipe& recipe) {
    Shapes shapes{{"shared.weight", {recipe.vocabulary, recipe.hidden()}}};
    if (!recipe.tied)
        shapes["lm_head.weight"] = {recipe.vocabulary, recipe.hidden()};
    addSide(recipe, "encoder", recipe.layers, shapes);
    addSide(recipe, "decoder", decoderLayers, shapes);
    return shapes;
}

QJsonObject t5Configuration(const NetworkRecipe& recipe) {
    return {{"model_type", "t5"},
            {"architectures", QJsonArray{"T5ForConditionalGeneration"}},
            {"feed_forward_proj", recipe.gated ? "gated-gelu" : "relu"},
            {"vocab_size", recipe.vocabulary},
            {"d_model", recipe.hidden()},
            {"d_kv", recipe.headDimension},
            {"d_ff", recipe.feedForward},
            {"num_layers", recipe.layers},
            {"num_decoder_layers", decoderLayers},
            {"num_heads", recipe.heads},
            {"relative_attention_num_buckets", recipe.buckets},
            {"relative_attention_max_distance", recipe.furthest},
            {"layer_norm_epsilon", 1e-6},
            {"tie_word_embeddings", recipe.tied},
            {"decoder_start_token_id", 0},
            {"eos_token_id", 1},
            {"torch_dtype", "float32"}};
}

void describeT5(const NetworkRecipe& recipe, ModelDescription& description) {
    description.family = "t5";
    description.normEpsilon = 1e-6;
    description.shape.positions = "relative-bias";
    description.shape.defaultMode = "encoder-decoder";
    description.shape.bidirectional = true;
    description.shape.trainedLength = 512; // the library's default
    description.attentionBias = false;
    description.encoderDecoder.decoderLayers = decoderLayers;
    description.encoderDecoder.buckets = recipe.buckets;
    description.encoderDecoder.furthest = recipe.furthest;
    description.encoderDecoder.gated = recipe.gated;
    description.encoderDecoder.scaledHead = recipe.tied;
}

Network networkOf(const NetworkRecipe& recipe) {
    return recipe.encoderDecoder ? makeT5Encoder(recipe, tensors(recipe))
                                 : makeNetwork(description(recipe), tensors(recipe));
}

Network makeT5Encoder(const NetworkRecipe& recipe, const Tensors& tensors) {
    Network network;
    network.shape = description(recipe).shape;
    network.epsilon = 1e-6;
    network.embedding = row(tensors, "shared.weight");
    network.finalNorm = row(tensors, "encoder.final_layer_norm.weight");
    network.scale = 1;
    network.activation = recipe.gated ? Activation::Gelu : Activation::Relu;
    const Row table =
        row(tensors, "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
    network.bias = [table, heads = recipe.heads, buckets = recipe.buckets,
                    furthest = recipe.furthest](int head, int query, int key) {
        return table[size_t(bucket(key - query, buckets, furthest) * heads + head)];
    };
    for (int l = 0; l < recipe.layers; ++l) {
        const std::string block = "encoder.block." + std::to_string(l) + ".layer.";
        const std::string self = block + "0.SelfAttention.", dense = block + "1.DenseReluDense.";
        Layer layer;
        layer.attentionNorm = row(tensors, block + "0.layer_norm.weight");
        layer.mlpNorm = row(tensors, block + "1.layer_norm.weight");
        layer.query = row(tensors, self + "q.weight");
        layer.key = row(tensors, self + "k.weight");
        layer.value = row(tensors, self + "v.weight");
        layer.output = row(tensors, self + "o.weight");
        if (recipe.gated)
            layer.gate = row(tensors, dense + "wi_0.weight");
        layer.up = row(tensors, dense + (recipe.gated ? "wi_1.weight" : "wi.weight"));
        layer.down = row(tensors, dense + "wo.weight");
        network.layers.push_back(std::move(layer));
    }
    return network;
}

} // namespace attendre::slow
