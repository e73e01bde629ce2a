#pragma once

#include "model/engine/open_model.h"
#include "model/evaluation/statistics.h"
#include "model/trace/result.h"

#include <QElapsedTimer>
#include <QJsonObject>
#include <QString>

namespace attendre {

// One sentence on standard error; returns the exit code.
int report(const Error& error);
// A sentence that is worth knowing, on standard error.
void remark(const QString& sentence);
void print(const QString& text); // to standard output, with a line's end
void printJson(const QJsonObject& json);

// " · 40 s left" of a work of which a share is done since the seconds; empty where nothing is.
QString timeLeft(double seconds, double share);

// "2.386 (2.283 to 2.527)", scaled; a dash where there is none, the value alone without interval.
QString estimateText(const Estimate& estimate, double scale, int digits);

QString grouped(qint64 number); // 50,035
// "1 run", "50,035 runs"; several: the plural where it is not an s more.
QString counted(qint64 number, const QString& one, const QString& several = {});

// Progress on one line of standard error while that is a terminal; silent otherwise.
class ProgressLine {
  public:
    ProgressLine();
    ~ProgressLine(); // leaves no trace of itself

    void show(const QString& what, qint64 done, qint64 total);
    Stage stage();

  private:
    bool m_terminal = false, m_shown = false;
    QString m_what;
    QElapsedTimer m_since, m_drawn;
};

} // namespace attendre
