#pragma once

#include "model/memory/policy.h"
#include "model/replay/layer_replay.h"
#include "model/trace/reader.h"

namespace attendre {

// A replay that can be computed: what is replayed, under what.
struct ReplayPlan {
    RunInfo recorded;
    ResolvedConfiguration configuration; // with replay set
    PolicyDescription policy;
    Ranking ranking; // may be called by several threads
    ArchivedAttention attention;
};

// Errors: the run was not recorded with M >= T in every layer and --archive all, is not complete,
// or attended to its top k entries only.
Result<void> checkReplayable(const RunInfo& recorded);

// The run of the trace that is replayed where none is named: the latest that can be. Errors: none
// can be.
Result<RunInfo> replayableRun(Reader& reader);

// configuration: the recorded run's, with what is to be different. Errors: the run cannot be
// replayed, an option that its frozen queries and keys depend on differs, what resolve() refuses.
Result<ReplayPlan> planReplay(Reader& reader, const RunInfo& recorded,
                              const Configuration& configuration);

// The pipeline's options that a replay has not: its queries and keys, already made, depend on them,
// or it does not compute them.
const QStringList& notOfReplays();
// A replay's options that differ from the defaults, as they would be typed.
QStringList replayWords(const Configuration& configuration);

// One layer's rules; head: one K/V head alone, or -1 for all. With one decision per layer all are
// needed.
ReplayRules rulesOf(const ReplayPlan& plan, int layer, int head = -1);

} // namespace attendre
