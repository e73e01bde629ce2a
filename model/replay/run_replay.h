#pragma once

#include "model/replay/replay_plan.h"
#include "model/trace/cancel.h"

namespace attendre {

// Where a replay is written, and what it says of itself.
struct ReplayTarget {
    QString trace;
    bool append = false, overwrite = false;
    QString label; // empty: "replay of run k"
    QString command, build;
};

// Replays a run and records it as one more, a child of the recorded one where both are in one file.
// The number of the new run. Errors: the trace cannot be read or written, it was cancelled: what
// was recorded before then stays.
Result<int> replayRun(Reader& reader, const ReplayPlan& plan, const ReplayTarget& target,
                      const Progress& progress, const Cancel& cancel);

} // namespace attendre
