#pragma once

#include "model/memory/usage_pass.h"

#include <vector>

namespace attendre {

// The first pass over one layer's retrieval where only its sums are wanted, in float32 on the CPU
// and without Torch: the logarithm of the sum of exp over the scaled and biased scores of what each
// query sees, [H][m]. pass.logSumExp is not read.
void runFirstPass(const UsagePass& pass, ParallelFor parallel, std::vector<float>& logSumExp);

} // namespace attendre
