#pragma once

#include "model/engine/engine.h"

#include <map>
#include <memory>

namespace attendre {

// States of a run that were kept, evenly spread over its steps, as many as a byte budget allows:
// when it is used up, every second one goes and the distance doubles.
class Checkpoints {
  public:
    explicit Checkpoints(qint64 budget) : m_budget(budget) {}

    // After each step, and before the first: keeps a fork of the run where its turn has come. What
    // cannot be copied for want of memory is left out.
    void offer(const Pipeline& pipeline);
    // The last state kept with at most that many steps done and tokens read; null: none.
    const Pipeline* nearest(int steps, int tokens) const;

    qint64 bytes() const { return m_bytes; }
    int count() const { return int(m_kept.size()); }

  private:
    void thin();

    qint64 m_budget = 0, m_bytes = 0;
    int m_distance = 1;                              // steps
    std::map<int, std::unique_ptr<Pipeline>> m_kept; // by steps done
};

} // namespace attendre
