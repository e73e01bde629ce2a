#include "model/network/torch_headers.h"

#include "model/memory/retrieval.h"

#include <algorithm>
#include <limits>

namespace attendre {

namespace {

void parallelFor(std::int64_t count, void (*f)(void*, std::int64_t), void* context) {
    at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            f(context, i);
    });
}

// [G, 1, m, n] for the flash kernel: 0 where visible, else -inf.
at::Tensor causalMask(const Retrieval& r) {
    at::Tensor mask = at::empty({r.heads(), 1, r.queries(), r.entries()}, at::kFloat);
    float* out = mask.data_ptr<float>();
    const std::int64_t m = r.queries(), n = r.entries();
    at::parallel_for(0, r.heads() * m, 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const std::int32_t* position = r.position + row / m * r.positionStride;
            const std::int32_t last = r.firstQuery + std::int32_t(row % m);
            float* to = out + row * n;
            for (std::int64_t key = 0; key < n; ++key)
                to[key] = position[key] <= last ? 0.0f : -std::numeric_limits<float>::infinity();
        }
    });
    return mask;
}

// The first query sees the fewest entries: where it sees one in every head, all queries do.
bool firstSeesSomething(const Retrieval& r) {
    for (std::int64_t head = 0; head < r.heads(); ++head) {
        const std::int32_t* position = r.position + head * r.positionStride;
        if (std::none_of(position, position + r.entries(),
                         [&](std::int32_t at) { return at <= r.firstQuery; }))
            return false;
    }
    return true;
}

class CpuRetrieval : public RetrievalBackend {
  public:
    Retrieved attend(const Retrieval& r) override {
        const std::int64_t heads = r.heads(), group = r.group(), m = r.queries(), n = r.entries();
        const std::int64_t width = r.value.size(2);
        const at::Tensor query = r.query.to(at::kFloat).view({heads, group, m, r.query.size(2)});
        const auto perGroup = [&](const at::Tensor& t) { // one head's keys serve its whole group
            return t.to(at::kFloat).unsqueeze(1).expand({heads, group, n, t.size(2)});
        };
        std::optional<at::Tensor> mask;
        if (r.causal)
            mask = causalMask(r).expand({heads, group, m, n});
        if (r.bias.defined()) {
            const at::Tensor bias = r.bias.to(at::kFloat).view({heads, group, m, n});
            mask = mask ? *mask + bias : bias;
        }
        auto [output, logSumExp] = at::_scaled_dot_product_flash_attention_for_cpu(
            query, perGroup(r.key), perGroup(r.value), 0.0, false, mask, r.scale);
        if (r.causal && !firstSeesSomething(r)) { // what the kernel makes of it is not defined
            const at::Tensor blind = causalMask(r).amax(-1).isneginf(); // [G, 1, m]
            output = output.masked_fill(blind.unsqueeze(-1), 0.0);
            logSumExp = logSumExp.masked_fill(blind, -std::numeric_limits<float>::infinity());
        }
        return {output.permute({2, 0, 1, 3})
                    .reshape({m, heads * group * width})
                    .to(r.query.scalar_type()),
                // With one K/V head the reshaped tensor is still a transposed view.
                logSumExp.reshape({heads * group, m}).contiguous()};
    }

    UsageDelta usage(const Retrieval& r, const Retrieved& retrieved, GroupSum groupSum,
                     bool wantsTop, TopAttention& top) override {
        const at::Tensor query = r.query.to(at::kFloat).contiguous();
        at::Tensor key = r.key.to(at::kFloat);
        if (key.stride(1) != key.size(2) || key.stride(2) != 1)
            key = key.contiguous();
        at::Tensor bias;
        if (r.bias.defined())
            bias = r.bias.to(at::kFloat).contiguous();
        UsagePass pass;
        pass.heads = int(r.heads());
        pass.group = int(r.group());
        pass.dimension = int(key.size(2));
        pass.queries = int(r.queries());
        pass.entries = int(r.entries());
        pass.query = query.const_data_ptr<float>();
        pass.key = key.const_data_ptr<float>();
        pass.keyHeadStride = key.stride(0);
        pass.logSumExp = retrieved.logSumExp.const_data_ptr<float>();
        pass.bias = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
        pass.position = r.position;
        pass.positionHeadStride = r.positionStride;
        pass.firstQuery = r.firstQuery;
        pass.causal = r.causal;
        pass.scale = float(r.scale);
        pass.groupSum = groupSum;
        pass.top = wantsTop;
        UsageDelta delta(pass.heads, pass.entries);
        runUsagePass(pass, parallelFor, delta, top);
        return delta;
    }
};

} // namespace

std::unique_ptr<RetrievalBackend> makeCpuRetrieval() {
    return std::make_unique<CpuRetrieval>();
}

} // namespace attendre
