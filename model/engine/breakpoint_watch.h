#pragma once

#include "model/analysis/breakpoint_scan.h"

#include <QJsonArray>

#include <memory>

namespace attendre {

// The breakpoints of a run in progress: what they ask is read from the trace as it grows, by the
// code that finds the hits of a recorded one. One thread at a time.
class BreakpointWatch {
  public:
    // Errors: a member that is not understood, what BreakpointScan::compile() refuses.
    static Result<std::unique_ptr<BreakpointWatch>> make(const RunInfo& run, const QString& trace,
                                                         const QJsonArray& breakpoints);

    // The hits of a step that is in the trace. Errors: the trace cannot be read.
    Result<std::vector<BreakpointHit>> after(int step);

  private:
    BreakpointWatch(BreakpointScan scan, const QString& trace);

    BreakpointScan m_scan;
    QString m_trace;
    std::unique_ptr<Reader> m_reader;
};

QJsonArray toJson(const std::vector<BreakpointHit>& hits);

} // namespace attendre
