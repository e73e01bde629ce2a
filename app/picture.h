#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <QWidget>

#include <functional>

namespace attendre {

// --screenshot: waits until a window shows what it is meant to, writes it as a picture and ends
// the program; exit code 1 with a sentence where that is not possible.
class Picture : public QObject {
    Q_OBJECT
  public:
    // busy: something is under way that the picture has to wait for.
    Picture(QWidget* window, const QString& file, std::function<bool()> busy);

    void fail(const QString& sentence);

  private:
    void look();

    QWidget* m_window;
    std::function<bool()> m_busy;
    QString m_file;
    QTimer m_timer;
    QElapsedTimer m_since;
    int m_quiet = 0; // looks in a row at which nothing was under way
};

} // namespace attendre
