#pragma once

#include "model/formats/model_files.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

// An independent reading of the specification in plain loops over double, for tests: slow, and with
// no line shared with the engine.
namespace attendre::slow {

using Row = std::vector<double>;

struct Layer {
    Row attentionNorm, mlpNorm;                    // [hidden]
    Row query, key, value, output;                 // [out][in]
    Row queryBias, keyBias, valueBias, outputBias; // empty: none
    Row gate, up, down;                            // [out][in]
};

enum class Activation { Silu, Gelu, Relu }; // Relu has no gate

struct Network {
    NetworkShape shape;
    double epsilon = 1e-5;
    Row frequencies;  // [headDimension / 2], radians per position; empty: nothing is rotated
    double scale = 0; // of the scores; 0: headDimension^-1/2
    std::function<double(int head, int query, int key)> bias; // by positions; empty: none
    Activation activation = Activation::Silu;
    Row embedding; // [vocabulary][hidden]
    Row finalNorm; // [hidden]
    Row head;      // [vocabulary][hidden]
    std::vector<Layer> layers;
};

// Tensors by Hugging Face's names, row-major.
using Tensors = std::map<std::string, std::vector<float>>;

// Rotary frequencies of a description, rope scaling included.
Row frequencies(const ModelDescription& description);

Network makeNetwork(const ModelDescription& description, const Tensors& tensors);
// All tensors of a model on disk, dequantised.
Result<Tensors> readTensors(const ModelFiles& files);

// weight * x / sqrt(mean(x^2) + epsilon)
Row normalised(const Row& x, const Row& weight, double epsilon);
// matrix [out][in] times x [in], plus bias [out] unless it is empty.
Row product(const Row& matrix, const Row& x, const Row& bias = {});
// One head's query or key turned to an index: element i and i + D/2 are a pair.
Row rotated(const Row& x, const Row& frequencies, double index);
// down(silu(gate x) * up x), or as the activation says.
Row feedForward(const Layer& layer, const Row& x, Activation activation = Activation::Silu);
// Natural logarithms of the softmax of the final hidden state's logits.
Row logProbabilities(const Network& network, const Row& hidden);

} // namespace attendre::slow
