#include "model/network/torch_headers.h"

#include "model/engine/next_tokens.h"
#include "model/network/row_kernels.h"

#include <algorithm>

namespace attendre {

namespace {

at::Tensor logSumExp(const at::Tensor& rows) {
    if (!rows.device().is_cpu() || rows.scalar_type() != at::kFloat || !rows.is_contiguous())
        return at::logsumexp(rows.to(rows.scalar_type() == at::kDouble ? at::kDouble : at::kFloat),
                             1);
    at::Tensor sums = at::empty({rows.size(0)}, rows.options());
    const float* from = rows.const_data_ptr<float>();
    float* to = sums.mutable_data_ptr<float>();
    const std::int64_t width = rows.size(1);
    at::parallel_for(0, rows.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
            to[row] = logSumExpRow(from + row * width, width);
    });
    return sums;
}

std::vector<NextToken> mostLikely(const at::Tensor& row, const at::Tensor& sum, int count) {
    const auto [value, id] = at::topk(row, std::min<std::int64_t>(count, row.size(0)));
    const at::Tensor probability = (value - sum).to(at::kCPU, at::kFloat);
    const at::Tensor ids = id.to(at::kCPU, at::kInt);
    std::vector<NextToken> next;
    for (std::int64_t i = 0; i < ids.size(0); ++i)
        next.push_back(
            {ids.const_data_ptr<std::int32_t>()[i], probability.const_data_ptr<float>()[i]});
    return next;
}

} // namespace

std::int32_t chooseToken(const at::Tensor& logits, double temperature, double draw) {
    const at::Tensor row = logits[0].to(at::kCPU, at::kDouble);
    if (temperature <= 0)
        return std::int32_t(row.argmax().item<std::int64_t>());
    const at::Tensor sums = at::softmax(row / temperature, 0).cumsum(0).contiguous();
    const double* sum = sums.const_data_ptr<double>();
    const std::int64_t n = sums.size(0);
    return std::int32_t(
        std::min<std::int64_t>(std::upper_bound(sum, sum + n, draw * sum[n - 1]) - sum, n - 1));
}

std::vector<float> divergence(const LayerStack& stack, const std::vector<float>& p,
                              const std::vector<float>& q, std::int64_t hidden,
                              const at::TensorOptions& options) {
    constexpr std::int64_t block = 32; // rows: the logits of all at once would be large
    const std::int64_t rows = std::int64_t(p.size()) / hidden;
    std::vector<float> all;
    for (std::int64_t from = 0; from < rows; from += block) {
        const std::int64_t n = std::min(block, rows - from);
        const auto logProbabilities = [&](const std::vector<float>& outputs) {
            const at::Tensor x = at::from_blob(const_cast<float*>(outputs.data()) + from * hidden,
                                               {n, hidden}, at::TensorOptions().dtype(at::kFloat))
                                     .to(options);
            const at::Tensor logits = stack.output(x);
            return at::log_softmax(
                logits.to(logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat), 1);
        };
        const at::Tensor of = logProbabilities(p), than = logProbabilities(q);
        const at::Tensor sums =
            (of.exp() * (of - than)).sum(1).clamp_min(0).to(at::kCPU, at::kFloat).contiguous();
        all.insert(all.end(), sums.const_data_ptr<float>(), sums.const_data_ptr<float>() + n);
    }
    return all;
}

Predictions predictTokens(const at::Tensor& logits, const std::vector<std::int32_t>& targets,
                          int next) {
    const at::Tensor sums = logSumExp(logits);
    Predictions predictions;
    const std::int64_t count = std::int64_t(targets.size());
    if (count > 0) {
        at::Tensor ids = at::empty({count, 1}, at::kLong);
        std::copy(targets.begin(), targets.end(), ids.data_ptr<std::int64_t>());
        const at::Tensor chosen =
            logits.narrow(0, 0, count).gather(1, ids.to(logits.device())).squeeze(1);
        const at::Tensor nll = (sums.narrow(0, 0, count) - chosen).to(at::kCPU, at::kFloat);
        predictions.nll.assign(nll.const_data_ptr<float>(), nll.const_data_ptr<float>() + count);
    }
    if (next > 0)
        predictions.next = mostLikely(logits[-1], sums[-1], next);
    return predictions;
}

} // namespace attendre
