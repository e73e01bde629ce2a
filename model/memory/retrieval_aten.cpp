#include "model/network/torch_headers.h"

#include "model/memory/retrieval.h"

#include <limits>

namespace attendre {

namespace {

constexpr std::int64_t blockKeys = 1024; // keys whose weights exist at one time in the usage pass

at::ScalarType computeType(const at::Tensor& t) {
    return t.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

// [G, n] on the retrieval's device.
at::Tensor positions(const Retrieval& r) {
    at::Tensor table = at::empty({r.heads(), r.entries()}, at::kInt);
    for (std::int64_t head = 0; head < r.heads(); ++head)
        std::copy_n(r.position + head * r.positionStride, r.entries(),
                    table.data_ptr<std::int32_t>() + head * r.entries());
    return table.to(r.key.device());
}

// [G, 1, m, n]: true where the query may see the entry.
at::Tensor visibility(const Retrieval& r, const at::Tensor& position) {
    const at::Tensor query =
        at::arange(r.firstQuery, r.firstQuery + r.queries(), position.options());
    const at::Tensor last = query.view({1, 1, -1, 1});
    const at::Tensor at = position.view({r.heads(), 1, 1, position.size(1)});
    return r.causal ? at.le(last) : at.ge(0).expand({-1, -1, r.queries(), -1});
}

// [..., m, n]: true at the k largest of each row; equal ones fall to the older entry. position:
// [G, n], values: [G, group, m, n].
at::Tensor largest(const at::Tensor& values, const at::Tensor& position, std::int64_t k) {
    const at::Tensor byAge = at::argsort(position, std::int64_t(-1), false)
                                 .view({position.size(0), 1, 1, -1})
                                 .expand(values.sizes());
    const at::Tensor order =
        std::get<1>(at::sort(values.gather(-1, byAge), /*stable=*/true, -1, /*descending=*/true));
    const at::Tensor chosen = byAge.gather(-1, order.narrow(-1, 0, std::min(k, values.size(-1))));
    return at::zeros(values.sizes(), values.options().dtype(at::kBool)).scatter_(-1, chosen, true);
}

// Scaled and biased scores over keys [from, from + count), invisible ones -inf: [G, group, m,
// count].
at::Tensor scores(const Retrieval& r, const at::Tensor& visible, std::int64_t from,
                  std::int64_t count) {
    const auto type = computeType(r.query);
    const at::Tensor query =
        r.query.to(type).view({r.heads(), r.group() * r.queries(), r.query.size(2)});
    const at::Tensor key = r.key.narrow(1, from, count).to(type);
    at::Tensor s = at::bmm(query, key.transpose(1, 2)).mul_(r.scale);
    s = s.view({r.heads(), r.group(), r.queries(), count});
    if (r.bias.defined())
        s = s + r.bias.narrow(2, from, count).to(type).view(s.sizes());
    s = s.masked_fill(visible.narrow(3, from, count).logical_not(),
                      -std::numeric_limits<double>::infinity());
    if (r.topK > 0)
        s = s.masked_fill(largest(s, positions(r), r.topK).logical_not(),
                          -std::numeric_limits<double>::infinity());
    return s;
}

// exp(scores - LSE), 0 for a query that sees nothing: there it would be exp(-inf + inf).
at::Tensor softWeights(const at::Tensor& scores, const at::Tensor& logSumExp) {
    return at::exp(scores - logSumExp.masked_fill(logSumExp.isneginf(), 0.0));
}

class AtenRetrieval : public RetrievalBackend {
  public:
    Retrieved attend(const Retrieval& r) override {
        const at::Tensor s = scores(r, visibility(r, positions(r)), 0, r.entries());
        const at::Tensor logSumExp = at::logsumexp(s, -1);
        const at::Tensor weights =
            softWeights(s, logSumExp.unsqueeze(-1)).view({r.heads(), -1, r.entries()});
        const at::Tensor output = at::bmm(weights, r.value.to(s.scalar_type()))
                                      .view({r.queryHeads(), r.queries(), r.value.size(2)});
        return {output.transpose(0, 1)
                    .reshape({r.queries(), r.queryHeads() * r.value.size(2)})
                    .to(r.query.scalar_type()),
                logSumExp.view({r.queryHeads(), r.queries()})};
    }

    UsageDelta usage(const Retrieval& r, const Retrieved& retrieved, GroupSum groupSum,
                     bool wantsTop, TopAttention& top) override {
        const at::Tensor position = positions(r), visible = visibility(r, position);
        const at::Tensor entries = visible.sum(-1).squeeze(1); // [G, m]
        const at::Tensor logSumExp =
            retrieved.logSumExp.view({r.heads(), r.group(), r.queries(), 1});
        const at::Tensor number =
            at::arange(1, r.queries() + 1, position.options()).view({1, -1, 1});
        std::vector<at::Tensor> mass, squared, hits, last, lastWeight;
        Top best;
        // The largest are found among all.
        const std::int64_t block = r.topK > 0 ? r.entries() : blockKeys;
        for (std::int64_t from = 0; from < r.entries(); from += block) {
            const std::int64_t count = std::min(block, r.entries() - from);
            const at::Tensor weights = softWeights(scores(r, visible, from, count), logSumExp);
            const at::Tensor mean = weights.mean(1); // [G, m, count]
            const at::Tensor added = groupSum == GroupSum::Max   ? weights.amax(1)
                                     : groupSum == GroupSum::Sum ? weights.sum(1)
                                                                 : mean;
            const at::Tensor hit =
                r.hitTopK
                    ? largest(mean.unsqueeze(1), position, r.topK).logical_and(visible).squeeze(1)
                    : (mean * entries.unsqueeze(-1)).ge(double(hitShare));
            mass.push_back(added.sum(1));
            squared.push_back(added.square().sum(1));
            hits.push_back(hit.sum(1));
            last.push_back((hit * number).amax(1));
            lastWeight.push_back(mean.select(1, -1));
            if (wantsTop)
                best.add(mean, position.narrow(1, from, count));
        }
        if (wantsTop)
            best.write(top);
        UsageDelta delta =
            collect(r, at::cat(mass, 1), at::cat(squared, 1), at::cat(hits, 1), at::cat(last, 1));
        const at::Tensor weight = at::cat(lastWeight, 1).to(at::kCPU, at::kFloat).contiguous();
        const float* weights = weight.const_data_ptr<float>();
        delta.lastWeight.assign(weights, weights + weight.numel());
        return delta;
    }

  private:
    // The top entries over the blocks so far.
    struct Top {
        at::Tensor weight, position; // [G, m, <= kept]
        at::Tensor total;            // [G, m]

        void add(const at::Tensor& mean, const at::Tensor& at) {
            const at::Tensor where = at.unsqueeze(1).expand(mean.sizes());
            const at::Tensor w = weight.defined() ? at::cat({weight, mean}, 2) : mean;
            const at::Tensor p = position.defined() ? at::cat({position, where}, 2) : where;
            const at::Tensor sum = mean.sum(2);
            total = total.defined() ? total + sum : sum;
            const auto [order, index] = at::sort(w, /*stable=*/true, 2, /*descending=*/true);
            const std::int64_t keep = std::min<std::int64_t>(TopAttention::kept, w.size(2));
            weight = order.narrow(2, 0, keep);
            position = p.gather(2, index.narrow(2, 0, keep));
        }

        void write(TopAttention& top) const {
            const std::int64_t rows = weight.size(0) * weight.size(1), keep = weight.size(2);
            const at::Tensor w = weight.to(at::kCPU, at::kFloat).contiguous();
            const at::Tensor p = position.to(at::kCPU, at::kInt).contiguous();
            const at::Tensor rest =
                (total - weight.sum(2)).clamp_min(0).to(at::kCPU, at::kFloat).contiguous();
            top.positions.assign(rows * TopAttention::kept, noPosition);
            top.weights.assign(rows * TopAttention::kept, 0);
            for (std::int64_t row = 0; row < rows; ++row)
                for (std::int64_t i = 0; i < keep; ++i) {
                    const float value = w.const_data_ptr<float>()[row * keep + i];
                    if (value <= 0) // invisible, or too small for a float
                        break;
                    top.weights[row * TopAttention::kept + i] = value;
                    top.positions[row * TopAttention::kept + i] =
                        p.const_data_ptr<std::int32_t>()[row * keep + i];
                }
            const float* r = rest.const_data_ptr<float>();
            top.rest.assign(r, r + rows);
        }
    };

    static UsageDelta collect(const Retrieval& r, const at::Tensor& mass, const at::Tensor& squared,
                              const at::Tensor& hits, const at::Tensor& last) {
        UsageDelta delta(int(r.heads()), int(r.entries()));
        const auto copy = [](const at::Tensor& from, auto& to, at::ScalarType type) {
            const at::Tensor plain = from.to(at::kCPU, type).contiguous();
            std::memcpy(to.data(), plain.const_data_ptr(), to.size() * sizeof(to[0]));
        };
        copy(mass, delta.mass, at::kFloat);
        copy(squared, delta.massSquared, at::kFloat);
        copy(hits, delta.hits, at::kInt);
        copy(last, delta.lastQuery, at::kInt);
        return delta;
    }
};

} // namespace

at::Tensor attendedScores(const Retrieval& r) {
    return scores(r, visibility(r, positions(r)), 0, r.entries());
}

std::unique_ptr<RetrievalBackend> makeAtenRetrieval() {
    return std::make_unique<AtenRetrieval>();
}

} // namespace attendre
