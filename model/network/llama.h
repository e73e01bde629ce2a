#pragma once

#include "model/formats/model_files.h"
#include "model/network/projection.h"
#include "model/network/torch_headers.h"
#include "model/trace/cancel.h"

#include <vector>

namespace attendre {

// A decoder of the Llama family: RMSNorm, rotary positions, grouped queries, SwiGLU. What it is:
struct LlamaConfig {
    int layers = 0;        // L
    int queryHeads = 0;    // H
    int heads = 0;         // G, K/V heads
    int headDimension = 0; // D
    int hidden = 0, feedForward = 0, vocabulary = 0;
    double normEpsilon = 1e-5;
    double ropeTheta = 10000;
    RopeScaling ropeScaling;
    bool tiedHead = false;
    bool attentionBias = false;
};

// What it has learned. Three matrices that read the same input are one.
struct LlamaLayerWeights {
    at::Tensor attentionNorm;   // [hidden]
    Projection queryKeyValue;   // hidden -> H D + G D + G D
    Projection output;          // H D -> hidden
    at::Tensor feedForwardNorm; // [hidden]
    Projection gate, up;        // hidden -> feedForward, each
    Projection down;            // feedForward -> hidden
};
struct LlamaWeights {
    at::Tensor embedding; // [vocabulary, hidden]
    std::vector<LlamaLayerWeights> layers;
    at::Tensor norm; // [hidden]
    Projection head; // hidden -> vocabulary
};

LlamaConfig llamaConfig(const ModelDescription& description);

// Reads, dequantises and lays out every tensor. Errors: a tensor that is missing or has another
// shape than the configuration says, by name; the family is not Llama's; cancelled.
Result<LlamaWeights> loadLlama(const ModelFiles& files, const at::TensorOptions& options,
                               std::int64_t chunk, const Progress& progress, const Cancel& cancel);

// What one layer reads of n hidden states, before rotation.
struct LlamaProjections {
    at::Tensor query; // [n, H, D], a view of one matrix with the others
    at::Tensor key;   // [n, G, D]
    at::Tensor value; // [n, G, D]
};

// ids -> [n, hidden].
at::Tensor embed(const LlamaWeights& weights, const at::Tensor& ids);
// x: [n, hidden], the layer's input.
LlamaProjections project(const LlamaConfig& config, const LlamaLayerWeights& layer,
                         const at::Tensor& x);
// attended: [m, H D], what the queries retrieved; x: [m, hidden], the residual input of the same
// queries -> [m, hidden], the layer's output.
at::Tensor finish(const LlamaConfig& config, const LlamaLayerWeights& layer,
                  const at::Tensor& attended, const at::Tensor& x);
// x: [m, hidden], the last layer's output -> [m, vocabulary].
at::Tensor logits(const LlamaConfig& config, const LlamaWeights& weights, const at::Tensor& x);

} // namespace attendre
