#pragma once

#include "model/analysis/run_divergence.h"
#include "widgets/pair_readings.h"
#include "widgets/point.h"
#include "widgets/trace_source.h"

#include <memory>
#include <optional>

namespace attendre {

// Run B of a comparison, whose run A is that of the current point: a run of the open trace or of
// another file, and the step at which it is shown. Linked, B stands where it has seen the same keys
// as A; unlinked, it stays where a person puts it.
class ComparedRun : public QObject {
    Q_OBJECT
  public:
    // Both outlive it.
    ComparedRun(TraceSource* trace, CurrentPoint* point, QObject* parent = nullptr);

    // nullptr: there is nothing to compare with.
    const RunInfo* info() const;
    bool isElsewhere() const { return m_elsewhere; } // in another file than the open one
    QString path() const;                            // B's file
    // Among which B is named: the runs of its file.
    const std::vector<RunInfo>& runs() const;
    const std::vector<RunInfo>& runsElsewhere() const { return m_other.runs(); }
    int stepCount() const;

    void choose(int run); // of the open trace
    // A run of another file, or its first that may be compared; changed() or failed() follows.
    void chooseElsewhere(const QString& path, int run = 0);
    // B becomes the current run, A the one that it is compared with. Another file is opened for it.
    void swap();

    bool isLinked() const { return m_linked; }
    void setLinked(bool linked);
    // B's step, -1: it has not begun by then. Nothing: not known yet, divergence() tells.
    std::optional<int> step() const;
    void setStep(int step); // unlinks

    // Where the runs part; nullptr while that is reckoned, which the first call begins, or where
    // obstacle() says why not: told() follows.
    std::shared_ptr<const RunDivergence> divergence();
    // Why nothing can be compared, in a sentence; empty: it can.
    QString obstacle() const;
    bool reckoning() const { return m_readings.pending() > 0 || m_other.pending() > 0; }
    double reckoned() const { return m_reckoned; } // the share that is done

    template <class T>
    void read(PairReadings::Lane lane, QObject* receiver, const char* tag,
              std::function<Result<T>(const ComparedRuns&, const Cancel&)> work,
              std::function<void(Result<T>)> done) {
        m_readings.read<T>(lane, receiver, tag, std::move(work), std::move(done));
    }

  signals:
    void changed();     // another B, or none; or A is another run: everything anew
    void stepChanged(); // B's step, or whether it is linked
    void told();        // the divergence is known, grown or refused
    void advanced();    // reckoned() grew
    void failed(const QString& sentence);

  private:
    void traceOpened();
    void traceGrown(int run);
    void pointMoved(const Point& now, const Point& before);
    void otherOpened();
    void chooseDefault();
    void settle();
    void reckon();

    TraceSource* m_trace;
    CurrentPoint* m_point;
    TraceSource m_other; // another file, where B is there
    PairReadings m_readings;
    bool m_elsewhere = false, m_linked = true, m_wanted = false, m_underWay = false,
         m_again = false;
    int m_run = 0, m_step = 0; // m_step: of an unlinked B
    int m_wantedElsewhere = 0, m_opening = 0;
    std::optional<RunChoice> m_swapTo; // once the other file is open
    Point m_swapPoint;
    std::shared_ptr<const RunDivergence> m_divergence;
    QString m_refusal;
    double m_reckoned = 0;
};

} // namespace attendre
