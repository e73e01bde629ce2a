#pragma once

#include "tests/engine/slow_pipeline.h"

#include <map>

namespace attendre::slow {

// The encoder-output memory of the specification, before an answer begins: outputs rank by what the
// encoder's last layer counts for the same position, the mean over its heads, frozen where the
// entry has gone.
class Outputs {
  public:
    Outputs(const Options& options, int heads);

    // n outputs arrive, of positions from first on; victims and slots of what remains, in the end
    // with the columns of the last layer's heads as the step left them. rank: an entry's own.
    // arrive: told of the number of outputs once they have come.
    using Rank = std::function<double(int head, const Slot& slot)>;
    OutputStep step(int first, int arrived, const std::vector<std::vector<Slot>>& lastLayer,
                    const Rank& rank, const std::function<void(std::int64_t)>& arrive);
    std::int64_t tick() const { return m_tick; }

  private:
    double rankOf(const Rank& rank, const std::vector<Slot>& heads) const;
    bool isProtected(int position) const;

    const Options& m_options;
    int m_heads = 0, m_tick = 0;
    std::vector<int> m_positions; // by slot; -1: free
    // What is counted for a position in each head: kept as long as it may come or stays.
    std::map<int, std::vector<Slot>> m_counted;
};

} // namespace attendre::slow
