#pragma once

#include "model/formats/model_files.h"
#include "model/network/answer_decoder.h"
#include "model/network/load_layers.h"
#include "model/network/projection.h"

#include <memory>
#include <vector>

namespace attendre {

// An encoder-decoder of the T5 family (v1.0, v1.1, FLAN): a bias by bucketed distance that all
// layers share, scores that are not scaled, RMSNorm, no other biases. What it is:
struct T5Config {
    int encoderLayers = 0, decoderLayers = 0;
    int heads = 0, headDimension = 0; // H = G, D; H D need not be the hidden width
    int hidden = 0, feedForward = 0, vocabulary = 0;
    int buckets = 32, furthest = 128;
    double normEpsilon = 1e-6;
    bool gated = false;
    double headScale = 1; // what the decoder's output is multiplied by before the head
    int startToken = 0;
};

// What it has learned.
struct T5SelfAttention {
    at::Tensor norm;          // [hidden]
    Projection queryKeyValue; // hidden -> 3 H D
    Projection output;        // H D -> hidden
};
struct T5FeedForward {
    at::Tensor norm; // [hidden]
    Projection gate; // hidden -> feedForward; only where it is gated
    Projection up;   // hidden -> feedForward
    Projection down; // feedForward -> hidden
};
struct T5EncoderLayer {
    T5SelfAttention attention;
    T5FeedForward feedForward;
};
struct T5DecoderLayer {
    T5SelfAttention attention;
    at::Tensor crossNorm;     // [hidden]
    Projection crossQuery;    // hidden -> H D
    Projection crossKeyValue; // hidden -> 2 H D
    Projection crossOutput;   // H D -> hidden
    T5FeedForward feedForward;
};
struct T5Weights {
    at::Tensor embedding;                // [vocabulary, hidden], of both sides
    at::Tensor encoderBias, decoderBias; // [H, 2 furthest + 1], by distance
    std::vector<T5EncoderLayer> encoder;
    std::vector<T5DecoderLayer> decoder;
    at::Tensor encoderNorm, decoderNorm; // [hidden]
    Projection head;                     // hidden -> vocabulary
};

// As loadLlama(), with the decoder.
Result<LoadedLayers> loadT5(const ModelFiles& files, const at::TensorOptions& options,
                            std::int64_t rows, const Progress& progress, const Cancel& cancel);

// What reads the input. Its output() is the normalised encoder output, [m, hidden].
class T5Encoder : public LayerStack {
  public:
    T5Encoder(T5Config config, std::shared_ptr<const T5Weights> weights)
        : m_config(config), m_weights(std::move(weights)) {}

    int layers() const override { return m_config.encoderLayers; }
    AttentionShape attention() const override;
    at::Tensor embed(const at::Tensor& ids, std::int64_t first) const override;
    LayerProjections project(int layer, const at::Tensor& x) const override;
    at::Tensor finish(int layer, const at::Tensor& attended, const at::Tensor& x) const override;
    bool biased() const override { return true; }
    at::Tensor bias(std::int64_t first, std::int64_t m, const at::Tensor& position) const override;
    at::Tensor output(const at::Tensor& x) const override;

  private:
    T5Config m_config;
    std::shared_ptr<const T5Weights> m_weights;
};

class T5Decoder : public AnswerDecoder {
  public:
    T5Decoder(T5Config config, std::shared_ptr<const T5Weights> weights)
        : m_config(config), m_weights(std::move(weights)) {}

    std::int32_t startToken() const override { return m_config.startToken; }
    DecoderState begin(const at::Tensor& outputs) const override;
    Decoded step(std::int32_t id, DecoderState& state) const override;

  private:
    at::Tensor attendSelf(const T5DecoderLayer& layer, std::size_t index, const at::Tensor& x,
                          const at::Tensor& bias, DecoderState& state) const;

    T5Config m_config;
    std::shared_ptr<const T5Weights> m_weights;
};

} // namespace attendre
