#pragma once

#include "model/trace/intervention.h"
#include "model/trace/reader.h"

#include <QStringList>

#include <vector>

namespace attendre {

// Follows one layer through a run's steps, in order, and says what breaks the pipeline's rules.
class LayerCheck {
  public:
    LayerCheck(const RunInfo& run, int layer);

    int layer() const { return m_layer; }
    int heads() const { return int(m_slots.size()); }
    std::int32_t arrived() const { return m_next; } // the first position that has not arrived
    int occupancy() const { return m_occupancy; }   // at the end of the last step
    std::int32_t inherited() const { return m_inherited; } // ... when the run began
    qint64 entries() const { return qint64(m_next) * qint64(m_slots.size()); }

    // The next step: what the layer did, its state at the end and each head's victims.
    QStringList follow(const LayerStepInfo& step, const LayerState& state,
                       const std::vector<std::vector<Eviction>>& evictions);
    // After the last step; complete: the run reached the input's end.
    QStringList conclude(bool complete) const;

  private:
    void begin(const LayerStepInfo& step, const LayerState& state);
    QStringList followHead(int head, const LayerStepInfo& step, const HeadState& state,
                           const std::vector<Eviction>& evictions);
    QStringList victimsAllowed(int head, const LayerStepInfo& step,
                               const std::vector<Eviction>& evictions) const;
    QStringList victimsLowest(int head, const LayerStepInfo& step,
                              const std::vector<Eviction>& evictions) const;
    QStringList massAddsUp(int head, const LayerStepInfo& step, const HeadState& state) const;
    bool isProtected(std::int32_t position, const LayerStepInfo& step, int head) const;

    ResolvedConfiguration m_configuration;
    std::vector<Intervention> m_interventions;
    int m_layer = 0, m_group = 1;
    int m_occupancy = 0;
    bool m_outputs = false;       // the encoder-output memory: it has no queries of its own
    std::int32_t m_inherited = 0; // a run that asks begins with another run's state
    bool m_ranksDecide = true;    // the ranks at a step's end decide the next step's victims
    std::vector<std::vector<std::int32_t>> m_slots; // [G][M]: positions that should be there
    std::vector<HeadState> m_before;                // the state at the end of the step before
    std::int32_t m_next = 0, m_nextAnswered = 0;    // first position not yet arrived / answered
};

} // namespace attendre
