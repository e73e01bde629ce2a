#pragma once

#include "widgets/trace_source.h"

#include <QElapsedTimer>
#include <QStatusBar>
#include <QTimer>

class QLabel;
class QProgressBar;
class QPushButton;

namespace attendre {

// The line below the panels: what is under the mouse, what the engine does, how far long work is.
class StatusStrip : public QStatusBar {
    Q_OBJECT
  public:
    explicit StatusStrip(TraceSource* source, QWidget* parent = nullptr);

    void say(const QString& sentence); // what is under the mouse; replaced by the next
    void setEngine(const QString& state);
    // Work that takes more than half a second shows here with its cancel button.
    void setProgress(const QString& what, qint64 done, qint64 total);
    void endProgress();

  signals:
    void cancelWanted();

  private:
    void watch();
    void showProgress(bool visible);

    TraceSource* m_source;
    QLabel *m_sentence, *m_what, *m_engine;
    QProgressBar* m_bar;
    QPushButton* m_cancel;
    QTimer m_watch;
    QElapsedTimer m_since; // the work or the readings in hand
    bool m_working = false;
};

} // namespace attendre
