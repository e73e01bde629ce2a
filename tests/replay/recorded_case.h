#pragma once

#include "model/trace/recorder.h"
#include "tests/replay/slow_replay.h"
#include "tests/trace/made_steps.h"

#include <cmath>
#include <random>

namespace attendre {

// A recorded run with an archive, its queries, keys and values drawn from a seed. It keeps
// everything unless a smaller memory is set before it is recorded.
struct RecordedCase {
    MadeOptions made;
    std::vector<slow::Frozen> layers;
    std::vector<double> frequencies;

    explicit RecordedCase(unsigned seed) {
        std::mt19937 random(seed);
        const auto between = [&](int low, int high) {
            return int(random() % unsigned(high - low + 1)) + low;
        };
        std::normal_distribution<double> normal;
        made.layers = 2;
        made.heads = between(1, 3);
        made.tokens = between(20, 60);
        made.memory = made.tokens;
        made.chunk = between(1, 7);
        made.queryMemory = seed % 3 == 0 ? between(1, 12) : 0;
        made.policy = "fifo";
        made.sinks = 0;
        made.full = true; // all columns, to be compared
        const bool rotates = between(0, 3) > 0, biased = between(0, 3) == 0;
        for (int i = 0; rotates && i < 4; ++i)
            frequencies.push_back(std::pow(50.0, -i / 4.0));
        for (int l = 0; l < made.layers; ++l) {
            slow::Frozen frozen;
            frozen.tokens = made.tokens;
            frozen.heads = made.heads;
            frozen.group = 3; // as made runs have it, with 8 numbers a head
            frozen.dimension = 8;
            frozen.scale = 1 / std::sqrt(8.0);
            frozen.causal = made.queryMemory == 0;
            frozen.frequencies = frequencies;
            const auto draw = [&](std::vector<double>& to, int count, double sharp) {
                for (int i = 0; i < count; ++i)
                    to.push_back(double(float(normal(random) * sharp)));
            };
            draw(frozen.query, made.tokens * made.heads * 3 * 8, 3);
            draw(frozen.key, made.tokens * made.heads * 8, 1);
            draw(frozen.value, made.tokens * made.heads * 8, 1);
            if (biased)
                draw(frozen.bias, made.heads * 3 * (2 * made.tokens - 1), 0.5);
            layers.push_back(frozen);
        }
        for (size_t l = 1; l < layers.size(); ++l)
            layers[l].bias = layers[0].bias; // a network has one for all its layers
    }

    RunInfo info() const {
        RunInfo run = madeRun(made);
        if (made.memory >= made.tokens)
            run.configuration.asked.memory = {};
        run.configuration.asked.archive = "all";
        run.configuration.asked.mode = run.configuration.mode;
        run.configuration.asked.queryMemory = {made.queryMemory};
        run.configuration.asked.positions = "absolute";
        return run;
    }

    ArchivedAttention attention() const {
        ArchivedAttention a;
        a.scale = layers[0].scale;
        a.frequencies = frequencies;
        a.bias.assign(layers[0].bias.begin(), layers[0].bias.end());
        a.reach = made.tokens - 1;
        return a;
    }

    static std::vector<int> residents(const LayerRecord& r, int head) {
        std::vector<int> positions;
        for (int slot = 0; slot < r.capacity; ++slot)
            if (const int p = r.position[size_t(head * r.capacity + slot)]; p >= 0)
                positions.push_back(p);
        return positions;
    }

    void archive(LayerRecord& r) const {
        const slow::Frozen& f = layers[size_t(r.layer)];
        const auto part = [&](const std::vector<double>& rows, int heads) {
            std::vector<float> out;
            for (int head = 0; head < heads; ++head)
                for (int i = 0; i < r.arrived; ++i)
                    for (int d = 0; d < 8; ++d)
                        out.push_back(
                            float(rows[size_t(((r.firstPosition + i) * heads + head) * 8 + d)]));
            return out;
        };
        r.archived.key = part(f.key, made.heads);
        r.archived.value = part(f.value, made.heads);
        r.archived.query = part(f.query, made.heads * 3);
        for (int head = 0; head < made.heads * 3; ++head)
            for (int j = 0; j < r.answered; ++j)
                r.archived.logSumExp.push_back(
                    float(f.logSumExp(r.firstAnswered + j, head, residents(r, head / 3))));
    }

    QString record(const QString& path) const {
        RecorderOptions how;
        how.overwrite = true;
        how.archive = attention();
        auto recorder = Recorder::open(path, info(), madeTokens(made, "And it was so. "), how);
        if (!recorder)
            return recorder.error().sentence;
        MadeSteps steps(made);
        while (auto step = steps.next()) {
            for (LayerRecord& layer : step->layers)
                archive(layer);
            if (auto added = (*recorder)->add(std::move(*step)); !added)
                return added.error().sentence;
        }
        auto finished = (*recorder)->finish();
        return finished ? QString() : finished.error().sentence;
    }
};

} // namespace attendre
