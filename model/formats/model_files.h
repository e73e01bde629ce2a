#pragma once

#include "model/trace/cancel.h"
#include "model/trace/configuration.h"
#include "model/trace/result.h"

#include <QString>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace attendre {

enum class TensorType { F32, F16, BF16, F64, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K };

// A tensor that lies in a memory-mapped file.
struct Tensor {
    QString name;       // Hugging Face's name, also for GGUF: "model.layers.0.mlp.up_proj.weight"
    QString storedName; // as in the file
    TensorType type = TensorType::F32;
    std::vector<qint64> shape; // outermost dimension first: a Linear's weight is [out, in]
    const std::byte* data = nullptr;
    qint64 bytes = 0;
    int interleavedHeads = 0; // > 0: rows of that many heads are permuted for interleaved rotation
};

// How rotary frequencies are changed for lengths beyond the original training length.
struct RopeScaling {
    enum class Kind { None, Linear, Llama3, Divisors };
    Kind kind = Kind::None;
    double factor = 1;
    double lowFrequencyFactor = 1, highFrequencyFactor = 4; // Llama3
    qint64 originalLength = 0;                              // Llama3
    // Divisors: what each of the headDimension / 2 frequencies is divided by. GGUF files keep
    // Llama 3's scaling in this form only (the tensor rope_freqs.weight).
    std::vector<float> divisors;
};

// What an encoder-decoder network has beside its encoder, which is what the shape describes. T5's
// position bias has `buckets` buckets, half of them for each direction in the encoder; beyond
// `furthest` tokens all distances share one.
struct EncoderDecoder {
    int decoderLayers = 0; // 0: the network is no encoder-decoder
    int buckets = 32, furthest = 128;
    bool gated = false;     // feed-forward: gated GELU (v1.1, FLAN) in place of ReLU (v1.0)
    int startToken = 0;     // what the decoder is given first
    int endToken = 1;       // ends the input and the answer
    bool scaledHead = true; // the head reads the decoder's output times hidden^-1/2
};

// What config.json or the GGUF metadata says of the network.
struct ModelDescription {
    QString family; // "llama"
    QString name;   // for people
    NetworkShape shape;
    double normEpsilon = 1e-5;
    double ropeTheta = 10000;
    RopeScaling ropeScaling;
    bool tiedHead = false;
    bool attentionBias = false; // q, k, v (and o where present)
    bool outputsFirst = false;  // GPT-2: matrices lie as [out, in], as in GGUF, not as [in, out]
    EncoderDecoder encoderDecoder;
    QString storedType; // "Q4_1", "BF16": the type most of the weights are stored in
    qint64 parameters = 0;
    qint64 fileBytes = 0;
};

// The angle in radians per position of each of the D/2 rotated pairs: theta^(-2i/D), changed as
// scaling says. headDimension D is even.
std::vector<double> rotaryFrequencies(int headDimension, double theta, const RopeScaling& scaling);
inline std::vector<double> rotaryFrequencies(const ModelDescription& description) {
    return rotaryFrequencies(description.shape.headDimension, description.ropeTheta,
                             description.ropeScaling);
}

// A model on disk: a .gguf file, or a folder with config.json and safetensors. Memory-mapped; every
// check of FORMATS.md has passed once open() returns. Const and safe to share between threads.
class ModelFiles {
  public:
    static Result<std::shared_ptr<const ModelFiles>> open(const QString& path);
    virtual ~ModelFiles();

    virtual QString path() const = 0;
    virtual const ModelDescription& description() const = 0;
    virtual const std::vector<Tensor>& tensors() const = 0;
    virtual const Tensor* find(const QString& name) const = 0;
    // A hash of the file's bytes (all shards in order), as "sha256:…" in hex. Reads everything.
    virtual Result<QString> hash(const Cancel& cancel) const = 0;
};

// "F32", "Q4_1": as files name the type.
QString tensorTypeName(TensorType type);

// Dequantises to float32, row-major in the tensor's shape, undoing the permutation of interleaved
// heads. out holds the product of the shape. The first form reads rows [firstRow, firstRow +
// rowCount) of the outermost dimension; a vector counts as one row per element. Errors: rows
// outside the tensor.
Result<void> readTensor(const Tensor& tensor, float* out, qint64 firstRow, qint64 rowCount);
Result<void> readTensor(const Tensor& tensor, float* out);

} // namespace attendre
