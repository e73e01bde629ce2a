#pragma once

#include "app/engine_process.h"
#include "widgets/console_log.h"
#include "widgets/trace_source.h"

#include <QSet>
#include <QTimer>

namespace attendre {

// The engine as the window uses it: started when it is needed, one run at a time, its trace opened
// in the window and reread as it grows. What goes wrong becomes one sentence.
class RunSession : public QObject {
    Q_OBJECT
  public:
    RunSession(TraceSource* source, ConsoleLog* log, QObject* parent = nullptr);

    EngineProcess* engine() { return &m_engine; }

    // Starts a run and opens its trace; ends the one in progress first, unless the engine refuses
    // the new one: then refused() follows and all stays as it was.
    void begin(const EngineProcess::RunRequest& request);
    // The engine has this run of the open trace in hand: it can compute further steps.
    bool live(int run) const;
    // The engine still has the run's memories: it can be asked, also when it has ended.
    bool holds(int run) const;
    bool running() const { return m_running; } // steps are being computed
    // A run was asked for and has not paused or ended yet.
    bool busy() const { return m_running || m_wanted || m_starting; }
    // Steps of the run in progress when it is done; 0 while unknown.
    int stepsTotal() const { return m_steps; }
    // The run that was lost with its engine, to be recorded again beside what is left of it, as far
    // as it had come; unset: none was.
    std::optional<EngineProcess::RunRequest> repetition() const;
    // The engine's state in a few words, for the status bar.
    QString stateSentence() const;

  public slots:
    void step();
    void runOn();
    void runToStep(int step);
    void runToEviction(int position, int layer, int head);
    void pause();
    void stop();
    void setSpeed(double stepsPerSecond);
    // Of the run in hand and of those to come; what cannot be asked of a run rests there.
    void setBreakpoints(const std::vector<attendre::Breakpoint>& breakpoints);
    // Without drawing the trace is reread when the run pauses.
    void setDrawing(bool drawing);
    void restartEngine();
    // Ends what progress tells of: a run that is being started, or the one in hand.
    void cancel();
    // Ends everything properly; finished() follows.
    void finish();

  signals:
    void changed();
    void stateChanged(); // stateSentence() has; changed() tells of more
    void begun();        // the run that was asked for
    void progress(const QString& what, qint64 done, qint64 total);
    void progressEnded();
    void refused(const QString& sentence);      // a request was wrong or failed
    void engineLost(const QString& sentence);   // it ended at rest without being asked to
    void runLost(const QString& sentence);      // it ended, and the run in hand with it
    void engineSilent(const QString& sentence); // it does not answer
    void engineAnswersAgain();
    void finished();
    void stopped(const std::vector<attendre::BreakpointHit>& hits); // at breakpoints

  private:
    void wire();
    void wireRun();
    void wireRequests();
    void wireEngine();
    int own(int request); // remembers it as asked from here, not from a dialog
    void loseRun(const QString& sentence);
    void recordWhenReady();
    void sendBreakpoints();
    void goOn();
    QString withoutEngine() const;
    void setRunning(bool running);
    void reread();

    TraceSource* m_source;
    ConsoleLog* m_log;
    EngineProcess m_engine;
    std::optional<EngineProcess::RunRequest> m_wanted;
    std::optional<EngineProcess::RunRequest> m_made, m_lost; // of the run in hand, of a lost one
    std::vector<Breakpoint> m_breakpoints;
    bool m_goesOn = false; // the run in hand waits for its breakpoints, and then for its goal
    QSet<int> m_asked;
    int m_request = 0; // of the record in hand
    int m_check = 0;   // whether a new run may replace the one in hand
    QString m_trace;   // of the run in progress
    int m_run = 0, m_steps = 0;
    int m_held = 0; // the run in hand, or the one that ended last
    int m_lostRun = 0;
    bool m_running = false, m_starting = false, m_drawing = true, m_finishing = false,
         m_lossTold = false;
    QTimer m_look; // at who records the trace
};

} // namespace attendre
