#pragma once

#include "model/analysis/condition.h"
#include "model/analysis/sidecar.h"
#include "model/analysis/step_facts.h"
#include "model/trace/cancel.h"
#include "model/trace/reader.h"

#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace attendre {

// Where a breakpoint's condition held.
struct BreakpointHit {
    int breakpoint = 0; // its index among those that were asked for
    int step = 0;
    int layer = -1, head = -1;          // -1: the condition is about less
    std::int32_t position = noPosition; // of the evicted entry
    std::vector<double> values;         // what the condition read, in the order of reads()

    bool operator==(const BreakpointHit&) const = default;
};

struct BreakpointHits {
    std::vector<BreakpointHit> hits; // by step, layer, head, position
    // Per breakpoint: the last step that was searched where there were more hits than are kept.
    std::vector<std::optional<int>> endedAt;
};

// The mass that each entry evicted from a layer and head would have received since, by position:
// whoever can reckon it (model/replay/head_losses.h) is given to the scan.
using RegretSource = std::function<Result<std::map<std::int32_t, double>>(int layer, int head)>;

// Breakpoints of one run, compiled. The same code finds all hits of a recorded run and stops the
// engine: it reads what is recorded. One thread at a time.
class BreakpointScan {
  public:
    static constexpr int mostHits = 10'000; // kept of each breakpoint

    // Those that are not enabled keep their index and are not looked at. Errors: a condition that
    // is not understood; a layer, head or span that the run does not have; regret without a source.
    static Result<BreakpointScan> compile(const RunInfo& run,
                                          const std::vector<Breakpoint>& breakpoints,
                                          RegretSource regret = {});

    // What a breakpoint's condition reads; empty without one.
    const std::vector<ConditionValue>& reads(int breakpoint) const;

    // The hits in one step.
    Result<std::vector<BreakpointHit>> at(Reader& reader, int step);
    // The hits in the steps from first to last, inclusive, by step. Entries are looked up where a
    // breakpoint asks for a span only, so that it costs the same however long the run is.
    Result<BreakpointHits> all(Reader& reader, int first, int last, const Progress& progress,
                               const Cancel& cancel);

  private:
    struct Compiled {
        Breakpoint asked;
        std::optional<Condition> condition;
        bool reads(ConditionValue value) const { return condition && condition->reads(value); }
        bool bySpan() const { return asked.first != noPosition; }
        ConditionScope scope() const;
    };

    BreakpointScan() = default;
    Result<void> search(StepFacts& facts, int breakpoint, std::vector<BreakpointHit>& hits);
    Result<void> searchHead(StepFacts& facts, int breakpoint, int layer, int head,
                            std::vector<BreakpointHit>& hits);
    Result<void> searchEvictions(StepFacts& facts, int breakpoint, int layer, int head,
                                 std::vector<BreakpointHit>& hits);
    Result<void> lookUp(Reader& reader, int breakpoint, int first, int last,
                        BreakpointHits& found) const;
    Result<double> regretOf(int layer, int head, std::int32_t position);
    void keepIfHolds(int breakpoint, BreakpointHit hit, StepFacts::Values& values,
                     std::vector<BreakpointHit>& hits);

    RunInfo m_run;
    std::vector<Compiled> m_breakpoints;
    RegretSource m_regret;
    std::map<std::pair<int, int>, std::map<std::int32_t, double>> m_regrets; // by layer and head
};

} // namespace attendre
