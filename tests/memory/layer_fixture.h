#pragma once

#include "model/network/torch_headers.h"

#include "model/formats/model_files.h"
#include "model/memory/attendre_layer.h"

#include <algorithm>
#include <cmath>

namespace attendre {

// A layer of its own, without a network around it: arrivals are drawn at random, sharp enough that
// attention is far from uniform.
struct LoneLayer {
    LayerSettings settings;
    RotaryTable rotary;
    std::unique_ptr<RetrievalBackend> backend;
    std::unique_ptr<AttendreLayer> layer;
    at::Tensor query, key, value, hidden; // of all T tokens, [T, heads, D]

    static Ranking ranking(const char* policy, const char* expression = "") {
        PolicyInput input;
        input.configuration.asked.policy = policy;
        input.configuration.asked.expression = expression;
        return *findPolicy(input.configuration.asked)->prepare(input);
    }

    LoneLayer(int tokens, int capacity, const char* policyName, double sharpness = 3,
              std::uint64_t seed = 1) {
        settings.queryHeads = 6;
        settings.heads = 2;
        settings.headDimension = 8;
        settings.capacity = capacity;
        settings.scale = 1 / std::sqrt(8.0);
        settings.ranking = ranking(policyName);
        settings.attention = true;
        rotary = RotaryTable(rotaryFrequencies(8, 10000, {}), tokens + capacity, at::kFloat);
        backend = makeCpuRetrieval();
        auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
        const auto drawn = [&](std::int64_t heads) {
            return at::randn({tokens, heads, 8}, generator, at::kFloat);
        };
        query = drawn(6) * sharpness;
        key = drawn(2);
        value = drawn(2);
        hidden = at::randn({tokens, 5}, generator, at::kFloat);
    }

    void start() {
        layer = std::make_unique<AttendreLayer>(settings, settings.queryHeads ? &rotary : nullptr,
                                                backend.get(), at::kFloat);
    }

    Answered step(int first, int count, LayerRecord& record) {
        return layer->step({query.narrow(0, first, count), key.narrow(0, first, count),
                            value.narrow(0, first, count), hidden.narrow(0, first, count), first},
                           record);
    }

    // What query `at` gets from the entries at `positions`, in plain loops, rotated once at the
    // original positions: [H D].
    std::vector<double> attended(int at, const std::vector<int>& positions) const {
        const int heads = settings.heads, group = settings.queryHeads / heads, d = 8;
        std::vector<double> out(std::size_t(settings.queryHeads) * d);
        for (int head = 0; head < settings.queryHeads; ++head) {
            std::vector<double> scores;
            for (int position : positions)
                scores.push_back(score(at, position, head, head / group));
            const double largest = *std::max_element(scores.begin(), scores.end());
            double sum = 0;
            for (double& s : scores)
                sum += s = std::exp(s - largest);
            for (std::size_t i = 0; i < positions.size(); ++i)
                for (int c = 0; c < d; ++c)
                    out[head * d + c] +=
                        scores[i] / sum * value[positions[i]][head / group][c].item<double>();
        }
        return out;
    }

    // A rotation by the difference of the positions is all that a score sees.
    double score(int at, int position, int head, int keyHead) const {
        const float* q = query.const_data_ptr<float>() + (at * settings.queryHeads + head) * 8;
        const float* k = key.const_data_ptr<float>() + (position * settings.heads + keyHead) * 8;
        double sum = 0;
        for (int i = 0; i < 4; ++i) {
            const double angle = (at - position) * std::pow(10000.0, -2.0 * i / 8);
            const double a = q[i] * std::cos(angle) - q[i + 4] * std::sin(angle);
            const double b = q[i + 4] * std::cos(angle) + q[i] * std::sin(angle);
            sum += a * k[i] + b * k[i + 4];
        }
        return sum * settings.scale;
    }
};

inline double largestDifference(const at::Tensor& row, const std::vector<double>& expected) {
    double worst = 0;
    const at::Tensor plain = row.to(at::kDouble).contiguous();
    for (std::size_t i = 0; i < expected.size(); ++i)
        worst = std::max(worst, std::abs(plain.const_data_ptr<double>()[i] - expected[i]));
    return worst;
}

} // namespace attendre
