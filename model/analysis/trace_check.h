#pragma once

#include "model/trace/cancel.h"
#include "model/trace/reader.h"
#include "model/trace/result.h"

#include <QStringList>

namespace attendre {

// What a check looked at and found.
struct TraceCheck {
    QStringList violations; // one sentence each, at most mostViolations
    qint64 runs = 0, steps = 0, entries = 0, evictions = 0;
    std::vector<RunInfo> unfinished; // checked as far as they go
    static constexpr int mostViolations = 20;
};

// The invariants of docs/pipeline.md on a file: steps and arrivals without gaps; every entry
// resident or evicted exactly once, in the slot that the rules give it; no victim that is protected
// or has just arrived, none ranked above a survivor (where ranks at the end of a step decide the
// next: not for the policy random); every query answered exactly once; the last step's mass of each
// head adds up to its answered queries (to as many times the group with group sum; not with max).
// Every block is decoded, against its checksum where it has one. A trace that is being recorded is
// checked as it stands at the call; the reader stays at that moment.
// Errors: the trace cannot be read.
Result<TraceCheck> checkTrace(Reader& reader, const Progress& progress, const Cancel& cancel);

} // namespace attendre
