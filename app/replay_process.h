#pragma once

#include "widgets/replays.h"

#include <QProcess>
#include <QString>

namespace attendre {

class TraceSource;

// Records replays for the window: `attendre replay`, a process of its own, since the window writes
// no trace.
class ReplayProcess : public QObject {
    Q_OBJECT
  public:
    // Both outlive it.
    ReplayProcess(Replays* replays, TraceSource* source, QObject* parent = nullptr);
    ~ReplayProcess() override;

    // By default the `attendre` beside this program.
    void setProgram(const QString& program) { m_program = program; }

  public slots:
    // What was replayed until then stays in the trace.
    void stop();

  signals:
    void progress(const QString& what, qint64 done, qint64 total);
    void progressEnded();
    void added(int run); // the source knows it
    void failed(const QString& sentence);

  private:
    void begin(const QStringList& arguments);
    void ended();
    void fail(const QString& sentence);

    Replays* m_replays;
    TraceSource* m_source;
    QString m_program;
    QProcess m_process;
    int m_run = 0; // recorded, and not yet known to the source
};

} // namespace attendre
