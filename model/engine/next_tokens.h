#pragma once

#include "model/network/torch_headers.h"
#include "model/trace/step_record.h"

#include <vector>

namespace attendre {

struct Predictions {
    std::vector<float> nll;      // of targets[i] by row i: nats
    std::vector<NextToken> next; // after the last row, best first
};

// logits: [m, vocabulary]; targets: at most m ids.
Predictions predictTokens(const at::Tensor& logits, const std::vector<std::int32_t>& targets,
                          int next);

} // namespace attendre
