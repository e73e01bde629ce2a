#pragma once

#include "model/formats/model_files.h"
#include "model/network/layer_stack.h"
#include "model/network/projection.h"
#include "model/trace/cancel.h"

#include <memory>
#include <vector>

namespace attendre {

// A decoder of the Llama family, Qwen2 included: RMSNorm, rotary positions, grouped queries,
// SwiGLU. What it is:
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
    bool queryKeyValueBias = false, outputBias = false;
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

// Reads, dequantises and lays out every tensor. rows: how many rows a step usually has (a chunk).
// Errors: a tensor that is missing or has another shape than the configuration says, by name;
// cancelled.
Result<std::shared_ptr<const LayerStack>> loadLlama(const ModelFiles& files,
                                                    const at::TensorOptions& options,
                                                    std::int64_t rows, const Progress& progress,
                                                    const Cancel& cancel);

class Llama : public LayerStack {
  public:
    Llama(LlamaConfig config, LlamaWeights weights)
        : m_config(std::move(config)), m_weights(std::move(weights)) {}

    int layers() const override { return m_config.layers; }
    AttentionShape attention() const override;
    std::vector<double> rotaryFrequencies() const override;
    at::Tensor embed(const at::Tensor& ids, std::int64_t first) const override;
    LayerProjections project(int layer, const at::Tensor& x) const override;
    at::Tensor finish(int layer, const at::Tensor& attended, const at::Tensor& x) const override;
    at::Tensor output(const at::Tensor& x) const override;

  private:
    LlamaConfig m_config;
    LlamaWeights m_weights;
};

} // namespace attendre
