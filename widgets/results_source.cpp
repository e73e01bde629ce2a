#include "widgets/results_source.h"

#include <QDir>
#include <QFileInfo>

#include <utility>

namespace attendre {

namespace {
constexpr int settling = 1000; // ms
}

ResultsSource::ResultsSource(QObject* parent) : QObject(parent) {
    m_thread.setMaxThreadCount(1);
    m_settling.setSingleShot(true);
    m_settling.setInterval(settling);
    connect(&m_settling, &QTimer::timeout, this, &ResultsSource::reload);
    // Not begun anew with each change: in a sweep of short cells it would never come to an end.
    const auto changing = [this] {
        if (!m_settling.isActive())
            m_settling.start();
    };
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, this, changing);
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, this, changing);
}

ResultsSource::~ResultsSource() {
    m_thread.waitForDone();
}

void ResultsSource::open(const QString& path) {
    m_opening = true;
    begin(path);
}

void ResultsSource::rest() {
    ++m_generation; // what is being read is wanted no more
    m_reading = m_again = m_opening = false;
    m_settling.stop();
    if (const QStringList watched = m_watcher.files() + m_watcher.directories(); !watched.isEmpty())
        m_watcher.removePaths(watched);
}

void ResultsSource::reload() {
    if (m_path.isEmpty())
        return;
    if (m_reading)
        m_again = true; // what is being read may be older than the change
    else
        begin(m_path);
}

void ResultsSource::begin(const QString& path) {
    m_reading = true;
    m_again = false;
    const int generation = ++m_generation;
    m_thread.start([this, path, generation] {
        auto read = std::make_shared<Result<EvaluationResults>>(readResults(path));
        QMetaObject::invokeMethod(
            this, [this, path, generation, read] { take(generation, path, std::move(*read)); },
            Qt::QueuedConnection);
    });
}

void ResultsSource::take(int generation, const QString& path, Result<EvaluationResults> read) {
    if (generation != m_generation)
        return;
    m_reading = false;
    const bool opening = std::exchange(m_opening, false);
    if (!read) {
        emit failed(read.error().sentence);
    } else {
        m_path = path;
        m_results = std::make_shared<const EvaluationResults>(read.take());
        watch();
        emit changed();
        if (opening)
            emit opened();
    }
    if (m_again)
        reload();
}

// A file that was replaced has to be watched anew.
void ResultsSource::watch() {
    QStringList wanted{m_results->path};
    if (m_results->isSweep)
        wanted = {QDir(m_results->path).filePath("cells"),
                  QDir(m_results->path).filePath("sweep.json")};
    const QStringList watched = m_watcher.files() + m_watcher.directories();
    for (const QString& path : watched)
        if (!wanted.contains(path))
            m_watcher.removePath(path);
    for (const QString& path : wanted)
        if (!watched.contains(path) && QFileInfo::exists(path))
            m_watcher.addPath(path);
}

} // namespace attendre
