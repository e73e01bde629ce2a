#pragma once

#include "model/analysis/eviction_reason.h"
#include "model/trace/reader.h"
#include "widgets/point.h"

#include <QByteArray>
#include <QString>

#include <map>
#include <vector>

namespace attendre {

// What Why evicted? explains, as read from the trace.
struct EvictionReason {
    // A usage column of the two entries beside the cut.
    struct Column {
        QString title, victim, survivor;
    };

    Point asked;
    std::int32_t entry = noPosition;         // noPosition: the step's cut as such
    int step = -1;                           // whose ranking it is
    bool toCome = false;                     // "if the next chunk came now"
    bool arrived = true;                     // the entry is there, or was
    bool leftBefore = false;                 // it was gone when this run, which asks, began
    int evictedStep = -1, insertedStep = -1; // of the entry; -1: not (yet)
    EvictionRules rules;
    EvictionRanking ranking;
    bool foreseen = true;                     // false: lots that are drawn only then decide
    bool agrees = true;                       // what follows from the state is what was recorded
    std::map<std::int32_t, QByteArray> texts; // of the entries that are named
    // Side by side: the selected entry, or the one last to go, and the first that stayed; for a
    // survivor the one last to go and itself.
    std::int32_t left = noPosition, right = noPosition;
    std::vector<Column> columns;
    bool leftNeverHit = false; // of the one on the left, where the hits are known
    // The query whose hit kept the entry on the right, and its step: known where the rank is the
    // last attended tick and no query waits, so that a tick is a position. noPosition otherwise.
    std::int32_t deciding = noPosition;
    int decidingStep = -1;
};

// steps: how many the run has. Errors are the reader's.
Result<EvictionReason> readEvictionReason(Reader& reader, const RunInfo& run, const Point& point,
                                          int steps);

} // namespace attendre
