#pragma once

#include "model/trace/configuration.h"
#include "model/trace/values.h"

#include <cstdint>
#include <vector>

namespace attendre {

// What reaches a layer in a step, and what it answers; both contiguous.
struct LayerShare {
    std::int32_t firstPosition = 0, arrived = 0;
    std::int32_t firstAnswered = 0, answered = 0;
    std::int32_t waiting = 0; // afterwards
};

struct ScheduledStep {
    int step = 0;
    StepKind kind = StepKind::Chunk;
    std::int32_t firstPosition = 0, arrived = 0;
    std::vector<LayerShare> layers;
};

// Which positions arrive and are answered where and when, from the sizes alone: the steps of a run
// without its network.
class StepSchedule {
  public:
    StepSchedule(const ResolvedConfiguration& configuration, qint64 tokens);

    bool finished() const;
    ScheduledStep next();

  private:
    std::vector<int> m_capacity;         // N per layer
    std::vector<std::int32_t> m_arrived; // so far, per layer
    std::vector<std::int32_t> m_answered;
    std::int32_t m_chunk = 1, m_tokens = 0, m_read = 0;
    int m_step = 0;
};

} // namespace attendre
