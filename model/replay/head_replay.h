#pragma once

#include "model/replay/replay_plan.h"
#include "model/trace/cancel.h"

namespace attendre {

// One head's replay, small enough to be made again at every move of a slider.
struct HeadReplay {
    // Per step: the share of the recorded run's attention that the residents get; NaN where no
    // query was answered.
    std::vector<float> kept;
    std::vector<std::int32_t> insertedStep; // [T]
    std::vector<std::int32_t> evictedStep;  // [T], -1: resident to the end
    double milliseconds = 0;                // of computing all steps

    // After the step.
    bool isResident(std::int32_t position, int step) const;
    double meanKept() const; // over the steps that answered
};

// A layer's queries and keys of one K/V head, or of all where they decide together, in memory.
class FrozenHead {
  public:
    // Errors: the archive cannot be read, it was cancelled.
    static Result<std::shared_ptr<const FrozenHead>> read(Reader& reader, const RunInfo& recorded,
                                                          int layer, int head);
    int layer() const { return m_layer; }
    int head() const { return m_head; } // -1: all
    int run() const { return m_run; }

    // head: whose replay is wanted; one that was read. Errors: it was cancelled.
    Result<HeadReplay> replay(const ReplayPlan& plan, int head, const Cancel& cancel) const;

  private:
    FrozenHead(Reader& reader, const RunInfo& recorded, int layer, int head);
    FrozenStep part(const LayerShare& share) const;

    int m_run, m_layer, m_head;
    std::size_t m_keyRow, m_queryRow, m_queryHeads;
    FrozenLayer m_frozen; // holds what m_all points to
    FrozenStep m_all;
};

} // namespace attendre
