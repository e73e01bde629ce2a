#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace attendre {

class MainWindow;

// --screenshot: waits until every view shows its point, writes the window as a picture and ends
// the program; exit code 1 with a sentence where that is not possible.
class Picture : public QObject {
    Q_OBJECT
  public:
    Picture(MainWindow* window, const QString& file);

  private:
    void look();
    void fail(const QString& sentence);

    MainWindow* m_window;
    QString m_file;
    QTimer m_timer;
    QElapsedTimer m_since;
    int m_quiet = 0; // looks in a row at which nothing was under way
};

} // namespace attendre
