#pragma once

#include "model/trace/cancel.h"
#include "model/trace/reader.h"

#include <QStringList>

#include <cstdint>

namespace attendre {

// One of the two runs that are compared, and where it is read.
struct ComparedReading {
    Reader* reader = nullptr;
    RunInfo run;
    int steps = 0; // those recorded when the comparison began
};

// Two runs of one file or of two; one reader may serve both.
struct ComparedRuns {
    ComparedReading a, b;
    std::int32_t tokens = 0; // both have read these first positions, the same ids
};

// Errors: there is no such run, or the runs cannot be compared: other numbers of layers or K/V
// heads, or other tokens. One may have read less than the other.
Result<ComparedRuns> compareRuns(Reader& a, int runA, Reader& b, int runB);

// What may be compared by what is written of the runs, before any token is read: a run that answers
// a question reads other tokens than the run that it asks.
bool mayCompare(const RunInfo& a, const RunInfo& b);

// What tells the runs apart, an option each as "policy lra against fifo", "s 4 against 0"; options
// that change nothing of what is computed are left out. Empty: they were asked for alike.
QStringList differencesOf(const RunInfo& a, const RunInfo& b);

} // namespace attendre
