#pragma once

#include "model/analysis/breakpoint_scan.h"
#include "widgets/point.h"

#include <QObject>

#include <memory>
#include <optional>

namespace attendre {

class Notebook;
class TraceSource;

// Where the notebook's breakpoints hold in the recorded steps: searched on a thread and with a
// Reader of its own when a view first asks, further as the trace grows, anew when they change.
class BreakpointSource : public QObject {
    Q_OBJECT
  public:
    // Both outlive it.
    BreakpointSource(TraceSource* trace, Notebook* notebook, QObject* parent = nullptr);
    ~BreakpointSource() override;

    // What is known of a run's hits so far; told() follows where that is not all.
    const std::vector<BreakpointHit>& of(int run);
    // Whether the search of the run is still under way, and how far it is in steps.
    bool searching() const;
    std::pair<qint64, qint64> progress() const;
    void cancel(); // what was found is kept; restart() goes on
    void restart();
    bool cancelled() const;
    // Why the run cannot be searched for one of the breakpoints, in a sentence; empty: it can.
    QString refusal(int run, int breakpoint) const;
    // The step at which the search for one breakpoint ended since it has too many hits.
    std::optional<int> endedAt(int run, int breakpoint) const;
    // What the condition of a breakpoint reads.
    std::vector<ConditionValue> reads(int breakpoint) const;
    // The first hit behind a point (or before it), by step, layer and head.
    std::optional<BreakpointHit> next(const Point& point, int direction);

  signals:
    void told();

  private:
    void forget();
    void search();
    void deliver(int run, int last, const std::shared_ptr<Result<BreakpointHits>>& found,
                 bool cancelled);

    class Private;
    std::unique_ptr<Private> d;
    TraceSource* m_trace;
    Notebook* m_notebook;
};

// The point of a hit: the run's, at that step, and the layer, head and entry where it names them.
Point pointOf(const BreakpointHit& hit, Point now);

} // namespace attendre
