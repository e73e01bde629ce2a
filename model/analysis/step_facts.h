#pragma once

#include "model/analysis/condition.h"
#include "model/analysis/eviction_reason.h"
#include "model/trace/reader.h"

#include <array>
#include <map>
#include <optional>
#include <vector>

namespace attendre {

// What conditions read of one recorded step; each part is read when it is first asked for.
class StepFacts {
  public:
    // Both outlive it.
    StepFacts(Reader& reader, const RunInfo& run, int step)
        : m_reader(reader), m_run(run), m_step(step) {}

    // Values by ConditionValue; those that the trace lacks are no numbers.
    using Values = std::array<double, conditionValueCount>;

    int step() const { return m_step; }
    // The values of the condition's scopes above the eviction. layer, head: -1 where the scope is
    // coarser.
    Result<void> fill(const Condition& condition, int layer, int head, Values& values);
    // Those of one eviction, but for its regret.
    Result<void> fill(const Condition& condition, const Eviction& eviction, Values& values);
    Result<std::vector<Eviction>> evictions(int layer, int head);
    // Whether anything was evicted in the layer: cheap to ask first.
    Result<bool> evictedIn(int layer);

  private:
    Result<const LayerStepInfo*> layerStep(int layer);
    Result<const HeadStepInfo*> headStep(int layer, int head);
    Result<const LayerState*> before(int layer);
    Result<double> margin(int layer, int head);

    Reader& m_reader;
    const RunInfo& m_run;
    int m_step;
    std::optional<StepInfo> m_info;
    std::optional<std::vector<LayerStepInfo>> m_layers;
    std::optional<std::vector<HeadStepInfo>> m_heads;
    std::map<int, LayerState> m_before; // the states at the end of the step before
};

} // namespace attendre
