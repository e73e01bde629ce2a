#pragma once

#include "model/network/layer_stack.h"
#include "model/network/torch_headers.h"
#include "model/trace/step_record.h"

#include <vector>

namespace attendre {

struct Predictions {
    std::vector<float> nll;      // of targets[i] by row i: nats
    std::vector<NextToken> next; // after the last row, best first
};

// Chooses a token by what logits [1, vocabulary] say: the likeliest, or at a temperature above 0
// one drawn by a number in [0, 1).
std::int32_t chooseToken(const at::Tensor& logits, double temperature, double draw);

// KL(p || q) of the next token, in nats for each row. p, q: [n][hidden] out of the last layer, in
// float32.
std::vector<float> divergence(const LayerStack& stack, const std::vector<float>& p,
                              const std::vector<float>& q, std::int64_t hidden,
                              const at::TensorOptions& options);

// logits: [m, vocabulary]; targets: at most m ids.
Predictions predictTokens(const at::Tensor& logits, const std::vector<std::int32_t>& targets,
                          int next);

} // namespace attendre
