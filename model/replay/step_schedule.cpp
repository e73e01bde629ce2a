#include "model/replay/step_schedule.h"

#include <algorithm>

namespace attendre {

StepSchedule::StepSchedule(const ResolvedConfiguration& configuration, qint64 tokens)
    : m_capacity(configuration.queryMemory), m_arrived(m_capacity.size(), 0),
      m_answered(m_capacity.size(), 0), m_chunk(configuration.asked.chunk),
      m_tokens(std::int32_t(tokens)) {}

bool StepSchedule::finished() const {
    return m_read == m_tokens && m_answered == m_arrived;
}

ScheduledStep StepSchedule::next() {
    ScheduledStep step;
    step.step = m_step++;
    step.firstPosition = m_read;
    step.arrived = std::min(m_chunk, m_tokens - m_read);
    step.kind = step.arrived > 0 ? StepKind::Chunk : StepKind::Flush;
    m_read += step.arrived;
    std::int32_t comes = step.arrived; // what the layer below gives
    bool drains = step.kind == StepKind::Flush;
    for (std::size_t l = 0; l < m_capacity.size(); ++l) {
        LayerShare share;
        share.firstPosition = m_arrived[l];
        share.arrived = comes;
        m_arrived[l] += comes;
        const std::int32_t held = m_arrived[l] - m_answered[l];
        share.firstAnswered = m_answered[l];
        // A flush round takes from the lowest layer in which queries wait.
        if (drains && held > 0) {
            share.answered = std::min(m_chunk, held);
            drains = false;
        } else {
            share.answered = comes > 0 ? std::max(0, held - m_capacity[l]) : 0;
        }
        m_answered[l] += share.answered;
        share.waiting = held - share.answered;
        comes = share.answered;
        step.layers.push_back(share);
    }
    return step;
}

} // namespace attendre
