#pragma once

#include "model/replay/head_replay.h"
#include "widgets/point.h"

#include <memory>
#include <optional>
#include <vector>

namespace attendre {

// What a person asks of the panel What if: beside these the replay is as the recorded run.
struct WhatIfAsked {
    QString policy;
    int memory = 0, sinks = 0, recent = 0; // M, s, r

    bool operator==(const WhatIfAsked&) const = default;
};

// One head of the current run beside its replay under what is asked.
struct WhatIfContent {
    Point point;
    RunInfo source; // whose frozen queries and keys are replayed
    WhatIfAsked asked;
    QString refusal; // why there is no replay; empty: there is one
    HeadReplay replay;
    std::vector<Extent> recordedKept;   // of the current run, one a step; empty: not measured
    std::vector<std::int32_t> recorded; // its residents after the step, ascending
    int both = 0, onlyHere = 0, onlyRecorded = 0;
};

// What is kept between readings, so that a slider replays and reads nothing else. Touched on the
// reading thread only.
struct WhatIfCache {
    std::shared_ptr<const FrozenHead> frozen;
    std::optional<HeadReplay> replay;
    Configuration configuration; // of replay
    int head = -1;
};

// The run whose archive serves for a run: itself, the one that it replays, or one that read the
// same input with the same model in the same mode and kept everything. Nothing: there is none.
const RunInfo* whatIfSource(const std::vector<RunInfo>& runs, const RunInfo& run);
// What the sliders stand at before anything is asked: as the run, or, where it keeps everything, a
// quarter of its tokens.
WhatIfAsked whatIfProposal(const RunInfo& run);
// The recorded run's configuration with what is asked.
Configuration whatIfConfiguration(const RunInfo& source, const RunInfo& run,
                                  const WhatIfAsked& asked);

Result<WhatIfContent> readWhatIf(Reader& reader, const RunInfo& source, const RunInfo& run,
                                 const Point& point, const WhatIfAsked& asked, WhatIfCache& cache);

} // namespace attendre
