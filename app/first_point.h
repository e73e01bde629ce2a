#pragma once

#include "model/analysis/sidecar.h"
#include "widgets/view.h"

#include <functional>
#include <optional>

namespace attendre {

// Where a person asked to begin; what is not given is chosen.
struct PointWishes {
    std::optional<int> step, layer, head, entry, run;

    bool operator==(const PointWishes&) const = default;
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
    // Asked where nothing is wished for: where one was in these runs, if anybody knows.
    using Remembered = std::function<std::optional<Place>(const std::vector<RunInfo>& runs)>;
    void setRemembered(Remembered remembered) { m_remembered = std::move(remembered); }

  signals:
    void refused(const QString& sentence); // a wish lies outside of the trace

  private:
    bool goBack(const std::vector<RunInfo>& runs);
    void choose();
    void chooseEntry(const Point& point);
    void grown(int run, int steps);

    ViewContext m_context;
    PointWishes m_wishes;
    Remembered m_remembered;
    bool m_waitsForVictims = false; // the trace had no eviction yet when it was opened
};

} // namespace attendre
