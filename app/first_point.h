#pragma once

#include "widgets/view.h"

#include <optional>

namespace attendre {

// Where a person asked to begin; what is not given is chosen.
struct PointWishes {
    std::optional<int> step, layer, head, entry, run;
};

// Why a wish cannot be met: one sentence that names the option and its range; nothing: it can.
// steps: how many are recorded.
std::optional<QString> refusal(const PointWishes& wishes, const RunInfo& run, int steps);

// Where one begins in a trace that was just opened: the newest run's last step, or that of the run
// that was wished for, a layer in the middle, and of the entries evicted there a telling one.
class FirstPoint : public QObject {
    Q_OBJECT
  public:
    FirstPoint(const ViewContext& context, QObject* parent = nullptr);

    void wish(const PointWishes& wishes) { m_wishes = wishes; }

  signals:
    void refused(const QString& sentence); // a wish lies outside of the trace

  private:
    void choose();
    void chooseEntry(const Point& point);
    void grown(int run, int steps);

    ViewContext m_context;
    PointWishes m_wishes;
    bool m_waitsForVictims = false; // the trace had no eviction yet when it was opened
};

} // namespace attendre
