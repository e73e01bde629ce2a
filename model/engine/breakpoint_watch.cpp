#include "model/engine/breakpoint_watch.h"

#include <QJsonObject>

namespace attendre {

BreakpointWatch::BreakpointWatch(BreakpointScan scan, const QString& trace)
    : m_scan(std::move(scan)), m_trace(trace) {}

Result<std::unique_ptr<BreakpointWatch>>
BreakpointWatch::make(const RunInfo& run, const QString& trace, const QJsonArray& breakpoints) {
    std::vector<Breakpoint> asked;
    for (const QJsonValue& one : breakpoints) {
        auto breakpoint = breakpointFromJson(one.toObject(), "the request");
        if (!breakpoint)
            return breakpoint.error();
        asked.push_back(breakpoint.take());
    }
    if (asked.empty())
        return std::unique_ptr<BreakpointWatch>();
    auto scan = BreakpointScan::compile(run, asked);
    if (!scan)
        return scan.error();
    return std::unique_ptr<BreakpointWatch>(new BreakpointWatch(scan.take(), trace));
}

Result<std::vector<BreakpointHit>> BreakpointWatch::after(int step) {
    if (!m_reader) {
        auto reader = Reader::open(m_trace);
        if (!reader)
            return reader.error();
        m_reader = reader.take();
    }
    return m_scan.at(*m_reader, step);
}

QJsonArray toJson(const std::vector<BreakpointHit>& hits) {
    QJsonArray list;
    for (const BreakpointHit& hit : hits)
        list << QJsonObject{{"breakpoint", hit.breakpoint},
                            {"step", hit.step},
                            {"layer", hit.layer},
                            {"head", hit.head},
                            {"position", hit.position}};
    return list;
}

} // namespace attendre
