#pragma once

#include "model/analysis/compared_runs.h"

#include <vector>

namespace attendre {

// A step of each run, after which a layer has seen the same keys.
struct StepPair {
    int a = 0, b = 0;
    std::int64_t keys = 0;

    bool operator==(const StepPair&) const = default;
};

// Which steps of two runs belong together. Steps are not counted but measured, layer by layer, by
// the keys that have come to the layer: runs of other chunk lengths, and runs whose queries wait,
// meet wherever they have seen the same ones.
class StepAlignment {
  public:
    static Result<StepAlignment> read(const ComparedRuns& runs, const Cancel& cancel);

    int layers() const { return int(m_pairs.size()); }
    int stepsOfA() const { return m_a.empty() ? 0 : int(m_a.front().size()); } // known
    // Where the runs meet, ascending; of several steps between which nothing comes the first.
    const std::vector<StepPair>& pairs(int layer) const { return m_pairs[std::size_t(layer)]; }
    // The index of the last meeting at or before a step of A; -1: they have not met.
    int pairAt(int layer, int stepA) const;

    // The step of the other run that belongs to a step: one after which the layer has seen the same
    // keys, that of the same number if possible; else the last that has seen fewer; -1: the other
    // has not begun by then.
    int stepOfB(int layer, int stepA) const { return other(m_a, m_b, layer, stepA); }
    int stepOfA(int layer, int stepB) const { return other(m_b, m_a, layer, stepB); }
    // Whether the layer has seen the same keys after both.
    bool meets(int layer, int stepA, int stepB) const;

  private:
    using Clocks = std::vector<std::vector<std::int64_t>>; // [layers][steps]: keys seen
    static Result<Clocks> clocksOf(const ComparedReading& reading, const Cancel& cancel);
    static int other(const Clocks& from, const Clocks& to, int layer, int step);

    Clocks m_a, m_b;
    std::vector<std::vector<StepPair>> m_pairs; // [layers]
};

} // namespace attendre
