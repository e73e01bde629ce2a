#pragma once

#include "model/memory/policy.h"
#include "model/trace/recorder.h"

#include <vector>

namespace attendre {

// [query][key], causal: row q has q + 1 weights that sum to 1.
using Weights = std::vector<std::vector<double>>;

inline int tokensOf(const Weights& weights) {
    return int(weights.size());
}

// The mass of every key after the queries up to `queries`.
inline std::vector<double> massAfter(const Weights& weights, int queries) {
    std::vector<double> mass(weights.size(), 0);
    for (int q = 0; q < queries; ++q)
        for (std::size_t k = 0; k < weights[q].size(); ++k)
            mass[k] += weights[q][k];
    return mass;
}

// The run of one layer and head that attends with these weights, M = T.
inline RunInfo runOf(const Weights& weights, int chunk) {
    RunInfo run;
    run.created = QDateTime(QDate(2026, 1, 2), QTime(3, 4, 5), Qt::UTC);
    run.model = "made.gguf";
    run.modelHash = "sha256:00";
    run.tokens = tokensOf(weights);
    run.shape.layers = run.shape.heads = run.shape.queryHeads = 1;
    run.configuration.asked.memory = {};
    run.configuration.asked.chunk = chunk;
    run.configuration.asked.detail = "full";
    run.configuration.mode = "causal";
    run.configuration.memory = {tokensOf(weights)};
    run.configuration.queryMemory = {0};
    run.policy.name = "lra";
    return run;
}

inline std::vector<TokenInfo> tokensFor(const std::vector<std::int32_t>& ids) {
    std::vector<TokenInfo> tokens(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        tokens[i].position = tokens[i].documentPosition = std::int32_t(i);
        tokens[i].id = ids[i];
        tokens[i].text = "a";
    }
    return tokens;
}

// One step of M = T: nothing is evicted, every key keeps the slot of its position.
inline StepRecord stepOf(const Weights& weights, int step, int first, int count) {
    const std::size_t all = weights.size();
    const std::vector<double> mass = massAfter(weights, first + count);
    const std::vector<double> before = massAfter(weights, first);
    LayerRecord layer;
    layer.capacity = int(all);
    layer.firstPosition = layer.firstAnswered = first;
    layer.arrived = layer.answered = count;
    layer.occupancy = first + count;
    layer.tick = first + count;
    layer.position.assign(all, noPosition);
    layer.lastTick.assign(all, 0);
    layer.hits.assign(all, 0);
    layer.massSquared.assign(all, 0);
    layer.rank.assign(all, 0);
    for (std::size_t k = 0; k < all; ++k) {
        layer.mass.push_back(float(mass[k]));
        layer.lastMass.push_back(float(mass[k] - before[k]));
        if (int(k) >= first + count)
            continue;
        layer.position[k] = std::int32_t(k);
        layer.lastTick[k] = std::uint32_t(k + 1);
        layer.rank[k] = double(k + 1);
    }
    StepRecord record;
    record.step = step;
    record.firstPosition = first;
    record.arrived = count;
    record.layers = {std::move(layer)};
    return record;
}

// Writes the run to a trace, or adds it to one. Returns what went wrong; empty if nothing did.
inline QString recordWeights(const QString& path, const Weights& weights, const RunInfo& run,
                             const std::vector<std::int32_t>& ids, bool append = false,
                             const QString& ended = {}) {
    RecorderOptions options;
    options.append = append;
    auto recorder = Recorder::open(path, run, tokensFor(ids), options);
    if (!recorder)
        return recorder.error().sentence;
    const int chunk = run.configuration.asked.chunk;
    for (int first = 0, step = 0; first < tokensOf(weights); first += chunk, ++step) {
        const int count = std::min(chunk, tokensOf(weights) - first);
        if (auto added = (*recorder)->add(stepOf(weights, step, first, count)); !added)
            return added.error().sentence;
    }
    auto finished = (*recorder)->finish(ended);
    return finished ? QString() : finished.error().sentence;
}

// What the policy future is told of a run that reads these ids with M entries.
inline PolicyInput futureInput(const QString& trace, const std::vector<std::int32_t>& ids) {
    PolicyInput input;
    input.configuration.asked.policy = "future";
    input.configuration.asked.future = trace;
    input.configuration.mode = "causal";
    input.configuration.queryMemory = {0};
    input.ids = ids;
    input.modelHash = [] { return Result<QString>(QString("sha256:00")); };
    return input;
}

} // namespace attendre
