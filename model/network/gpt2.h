#pragma once

#include "model/formats/model_files.h"
#include "model/network/layer_stack.h"
#include "model/network/projection.h"
#include "model/trace/cancel.h"

#include <memory>
#include <vector>

namespace attendre {

// A decoder of the GPT-2 family: learned positions, LayerNorm, GELU. What it is:
struct Gpt2Config {
    int layers = 0, heads = 0, headDimension = 0; // L, H = G, D
    int hidden = 0, feedForward = 0, vocabulary = 0, positions = 0;
    double normEpsilon = 1e-5;
    bool tiedHead = true;
    bool outputsFirst = false; // the file's matrices are [out, in]
};

// What it has learned.
struct Gpt2Norm {
    at::Tensor weight, bias; // [hidden]
};
struct Gpt2LayerWeights {
    Gpt2Norm attentionNorm;
    Projection queryKeyValue; // hidden -> 3 hidden
    Projection output;        // hidden -> hidden
    Gpt2Norm feedForwardNorm;
    Projection up, down; // hidden -> feedForward -> hidden
};
struct Gpt2Weights {
    at::Tensor embedding; // [vocabulary, hidden]
    at::Tensor positions; // [P, hidden]
    std::vector<Gpt2LayerWeights> layers;
    Gpt2Norm norm;
    Projection head; // hidden -> vocabulary
};

// As loadLlama().
Result<std::shared_ptr<const LayerStack>> loadGpt2(const ModelFiles& files,
                                                   const at::TensorOptions& options,
                                                   std::int64_t rows, const Progress& progress,
                                                   const Cancel& cancel);

class Gpt2 : public LayerStack {
  public:
    Gpt2(Gpt2Config config, Gpt2Weights weights)
        : m_config(std::move(config)), m_weights(std::move(weights)) {}

    int layers() const override { return m_config.layers; }
    AttentionShape attention() const override;
    at::Tensor embed(const at::Tensor& ids, std::int64_t first) const override;
    LayerProjections project(int layer, const at::Tensor& x) const override;
    at::Tensor finish(int layer, const at::Tensor& attended, const at::Tensor& x) const override;
    at::Tensor output(const at::Tensor& x) const override;

  private:
    at::Tensor normalized(const at::Tensor& x, const Gpt2Norm& norm) const;

    Gpt2Config m_config;
    Gpt2Weights m_weights;
};

} // namespace attendre
