#include "tests/engine/slow_network.h"

#include <QtGlobal>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace attendre::slow {

namespace {

Row widened(const Tensors& tensors, const std::string& name, bool optional = false) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) {
        if (!optional)
            qFatal("the model has no tensor %s", name.c_str());
        return {};
    }
    return Row(found->second.begin(), found->second.end());
}

double llama3Frequency(double inverse, const RopeScaling& scaling) {
    const double wavelength = 2 * std::numbers::pi / inverse;
    const double longest = double(scaling.originalLength) / scaling.lowFrequencyFactor;
    const double shortest = double(scaling.originalLength) / scaling.highFrequencyFactor;
    if (wavelength > longest)
        return inverse / scaling.factor;
    if (wavelength < shortest)
        return inverse;
    const double smooth =
        (double(scaling.originalLength) / wavelength - scaling.lowFrequencyFactor) /
        (scaling.highFrequencyFactor - scaling.lowFrequencyFactor);
    return (1 - smooth) * inverse / scaling.factor + smooth * inverse;
}

Layer makeLayer(const Tensors& tensors, int index) {
    const std::string at = "model.layers." + std::to_string(index) + ".";
    Layer layer;
    layer.attentionNorm = widened(tensors, at + "input_layernorm.weight");
    layer.mlpNorm = widened(tensors, at + "post_attention_layernorm.weight");
    layer.query = widened(tensors, at + "self_attn.q_proj.weight");
    layer.key = widened(tensors, at + "self_attn.k_proj.weight");
    layer.value = widened(tensors, at + "self_attn.v_proj.weight");
    layer.output = widened(tensors, at + "self_attn.o_proj.weight");
    layer.queryBias = widened(tensors, at + "self_attn.q_proj.bias", true);
    layer.keyBias = widened(tensors, at + "self_attn.k_proj.bias", true);
    layer.valueBias = widened(tensors, at + "self_attn.v_proj.bias", true);
    layer.outputBias = widened(tensors, at + "self_attn.o_proj.bias", true);
    layer.gate = widened(tensors, at + "mlp.gate_proj.weight");
    layer.up = widened(tensors, at + "mlp.up_proj.weight");
    layer.down = widened(tensors, at + "mlp.down_proj.weight");
    return layer;
}

} // namespace

Row frequencies(const ModelDescription& description) {
    const int dimension = description.shape.headDimension;
    const RopeScaling& scaling = description.ropeScaling;
    Row result;
    for (int i = 0; i < dimension / 2; ++i) {
        const double inverse = std::pow(description.ropeTheta, -2.0 * i / dimension);
        if (scaling.kind == RopeScaling::Kind::Linear)
            result.push_back(inverse / scaling.factor);
        else if (scaling.kind == RopeScaling::Kind::Llama3)
            result.push_back(llama3Frequency(inverse, scaling));
        else if (scaling.kind == RopeScaling::Kind::Divisors)
            result.push_back(inverse / double(scaling.divisors[size_t(i)]));
        else
            result.push_back(inverse);
    }
    return result;
}

Network makeNetwork(const ModelDescription& description, const Tensors& tensors) {
    Network network;
    network.shape = description.shape;
    network.epsilon = description.normEpsilon;
    network.frequencies = frequencies(description);
    network.embedding = widened(tensors, "model.embed_tokens.weight");
    network.finalNorm = widened(tensors, "model.norm.weight");
    network.head = description.tiedHead ? network.embedding : widened(tensors, "lm_head.weight");
    for (int l = 0; l < network.shape.layers; ++l)
        network.layers.push_back(makeLayer(tensors, l));
    return network;
}

Result<Tensors> readTensors(const ModelFiles& files) {
    Tensors tensors;
    for (const Tensor& tensor : files.tensors()) {
        qint64 count = 1;
        for (qint64 extent : tensor.shape)
            count *= extent;
        std::vector<float> values(count);
        if (auto read = readTensor(tensor, values.data()); !read)
            return read.error();
        tensors[tensor.name.toStdString()] = std::move(values);
    }
    return tensors;
}

Row normalised(const Row& x, const Row& weight, double epsilon) {
    double squares = 0;
    for (double value : x)
        squares += value * value;
    const double scale = 1 / std::sqrt(squares / double(x.size()) + epsilon);
    Row result;
    for (size_t i = 0; i < x.size(); ++i)
        result.push_back(weight[i] * x[i] * scale);
    return result;
}

Row product(const Row& matrix, const Row& x, const Row& bias) {
    Row result(matrix.size() / x.size());
    for (size_t out = 0; out < result.size(); ++out) {
        double sum = bias.empty() ? 0 : bias[out];
        for (size_t in = 0; in < x.size(); ++in)
            sum += matrix[out * x.size() + in] * x[in];
        result[out] = sum;
    }
    return result;
}

Row rotated(const Row& x, const Row& frequencies, double index) {
    if (frequencies.empty())
        return x;
    const size_t half = frequencies.size();
    Row result(x.size());
    for (size_t i = 0; i < half; ++i) {
        const double cosine = std::cos(index * frequencies[i]);
        const double sine = std::sin(index * frequencies[i]);
        result[i] = x[i] * cosine - x[i + half] * sine;
        result[i + half] = x[i + half] * cosine + x[i] * sine;
    }
    return result;
}

Row feedForward(const Layer& layer, const Row& x, Activation activation) {
    Row up = product(layer.up, x);
    const Row gate = activation == Activation::Relu ? Row() : product(layer.gate, x);
    for (size_t i = 0; i < up.size(); ++i) {
        if (activation == Activation::Silu)
            up[i] *= gate[i] / (1 + std::exp(-gate[i]));
        else if (activation == Activation::Relu)
            up[i] = std::max(up[i], 0.0);
        else // its approximation by tanh
            up[i] *= 0.5 * gate[i] *
                     (1 + std::tanh(std::sqrt(2 / std::numbers::pi) *
                                    (gate[i] + 0.044715 * gate[i] * gate[i] * gate[i])));
    }
    return product(layer.down, up);
}

Row logProbabilities(const Network& network, const Row& hidden) {
    Row logits = product(network.head, normalised(hidden, network.finalNorm, network.epsilon));
    const double largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (double logit : logits)
        sum += std::exp(logit - largest);
    for (double& logit : logits)
        logit -= largest + std::log(sum);
    return logits;
}

} // namespace attendre::slow
