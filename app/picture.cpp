#include "app/picture.h"

#include <QCoreApplication>
#include <QPixmap>

#include <cstdio>

namespace attendre {

namespace {
constexpr int interval = 50;             // ms
constexpr int quietLooks = 4;            // so long must nothing happen
constexpr qint64 patience = 10 * 60'000; // ms: a run on a slow machine may precede the picture
} // namespace

Picture::Picture(QWidget* window, const QString& file, std::function<bool()> busy)
    : QObject(window), m_window(window), m_busy(std::move(busy)), m_file(file) {
    m_since.start();
    connect(&m_timer, &QTimer::timeout, this, &Picture::look);
    m_timer.start(interval);
}

void Picture::look() {
    if (m_since.elapsed() > patience) {
        fail(tr("The window was not ready after %1 minutes.").arg(patience / 60'000));
        return;
    }
    m_quiet = m_busy() ? 0 : m_quiet + 1;
    if (m_quiet < quietLooks)
        return;
    m_timer.stop();
    if (!m_window->grab().save(m_file)) {
        fail(tr("The picture could not be written to %1: choose a file in a folder that can be "
                "written, ending in .png.")
                 .arg(m_file));
        return;
    }
    m_window->close();
    QCoreApplication::exit(0);
}

void Picture::fail(const QString& sentence) {
    m_timer.stop();
    std::fprintf(stderr, "%s\n", qUtf8Printable(sentence));
    QCoreApplication::exit(1);
}

} // namespace attendre
