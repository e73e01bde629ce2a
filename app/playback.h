#pragma once

#include "widgets/view.h"

#include <QTimer>

#include <map>

namespace attendre {

class RunSession;

// Moves the current point through the steps: recorded ones at once, further ones as the engine
// computes them. A point at the run's end follows it as it grows.
class Playback : public QObject {
    Q_OBJECT
  public:
    Playback(const ViewContext& context, RunSession* session, QObject* parent = nullptr);

    bool playing() const; // step after step, recorded or computed
    int stepCount() const;
    // Steps that the run will have; those recorded where that is not known.
    int stepsTotal() const;

  public slots:
    void first();
    void back();
    void step();
    void last();
    void phaseBack();
    void phaseStep();
    void toggleRun();
    void pause();
    void toEnd();
    void toStep(int step);
    void toNextEviction();
    void previousEvent() { toEvent(-1); }
    void nextEvent() { toEvent(1); }
    void setSpeed(double stepsPerSecond); // 0: as fast as it goes

  signals:
    void changed();
    void said(const QString& sentence); // why there is nowhere to go

  private:
    void goTo(int step, Phase phase, bool merge = false);
    void tick();
    void follow(int run, int steps);
    void toEvent(int direction);
    void toEntryEvent(int direction);
    void toEvictingStep(int direction);
    bool live() const;

    ViewContext m_context;
    RunSession* m_session;
    QTimer m_timer;
    std::map<int, int> m_counts; // steps of each run when it was last looked at
};

} // namespace attendre
