#pragma once

#include "model/trace/step_record.h"
#include "tests/trace/measured_usage.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace attendre {

struct ScaleOptions {
    int layers = 30, heads = 3, memory = 4096, chunk = 512;
    int tokens = 1'000'000;
    int sinks = 4;
    std::uint64_t seed = 1;
};

// The steps of a long run under LRA whose usage is drawn, not computed: each entry has a share of
// its own that persists, and each step varies it. Quick enough for a million tokens. Deterministic:
// the same options give the same steps.
class ScaleSteps {
  public:
    ScaleSteps(const ScaleOptions& options, const MeasuredUsage& usage);
    int count() const { return (m_options.tokens + m_options.chunk - 1) / m_options.chunk; }
    std::optional<StepRecord> next();

  private:
    // A layer and what its entries persistently receive, [heads][memory].
    struct Layer {
        LayerRecord record;
        std::vector<float> lasting;
        std::vector<double> sinkShare; // [heads]
    };
    using Normals = std::vector<float>;

    void insert(Layer& layer, int head);
    std::vector<int> victims(const LayerRecord& r, std::size_t first);
    void attend(Layer& layer, int head);
    void drawMasses(Layer& layer, int head);
    void count(LayerRecord& r, std::size_t i);
    void addNll(StepRecord& step);
    std::uint32_t random(); // 32 bits
    float uniform() { return float(random() >> 8) * (1.0F / 16777216.0F); }
    float normal() { return m_normals[random() >> 16]; }

    ScaleOptions m_options;
    MeasuredUsage m_usage;
    std::uint64_t m_state;
    Normals m_normals;                // 65,536 of them, to be drawn from
    std::vector<Normals> m_variation; // by age: exp of what varies from step to step
    std::vector<Layer> m_layers;
    int m_step = 0;
};

} // namespace attendre
