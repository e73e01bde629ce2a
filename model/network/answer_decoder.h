#pragma once

#include "model/network/torch_headers.h"

#include <vector>

namespace attendre {

// One answer in the making: a decoder's plain cache and what it has projected of the encoder's
// outputs. n outputs, t tokens decoded so far; one element a decoder layer.
struct DecoderState {
    std::vector<at::Tensor> selfKey, selfValue;   // [H, t, D]
    std::vector<at::Tensor> crossKey, crossValue; // [H, n, D]
    std::int64_t length = 0;                      // t
};

struct Decoded {
    at::Tensor logits; // [1, vocabulary]
    at::Tensor cross;  // [n]: the weights on the outputs, averaged over layers and heads
};

// The decoder of an encoder-decoder network, which answers token by token from the outputs that an
// encoder-output memory holds. Const while answers share it.
class AnswerDecoder {
  public:
    virtual ~AnswerDecoder() = default;
    virtual std::int32_t startToken() const = 0; // what is decoded first
    // outputs: [n, hidden], n at least 1, in any order: cross-attention knows no positions.
    virtual DecoderState begin(const at::Tensor& outputs) const = 0;
    // Decodes one token: what could follow it.
    virtual Decoded step(std::int32_t id, DecoderState& state) const = 0;
};

} // namespace attendre
