#pragma once

#include "model/evaluation/evaluation_results.h"

#include <QFileSystemWatcher>
#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <memory>

namespace attendre {

// Results as the views see them: read on a thread of their own, since resampling takes its time,
// and read again when their files change.
class ResultsSource : public QObject {
    Q_OBJECT
  public:
    explicit ResultsSource(QObject* parent = nullptr);
    ~ResultsSource() override;

    // changed() and opened(), or failed(), follow.
    void open(const QString& path);
    void reload();
    // Nobody looks: files that change are read no more until something is opened.
    void rest();

    QString path() const { return m_path; }
    bool isOpen() const { return m_results != nullptr; }
    bool isReading() const { return m_reading; }
    const EvaluationResults& results() const { return *m_results; }
    std::shared_ptr<const EvaluationResults> shared() const { return m_results; }

  signals:
    void changed();
    void opened();                        // what open() asked for; changed() came before
    void failed(const QString& sentence); // what was there before stays

  private:
    void begin(const QString& path);
    void take(int generation, const QString& path, Result<EvaluationResults> read);
    void watch();

    QString m_path;
    std::shared_ptr<const EvaluationResults> m_results;
    QFileSystemWatcher m_watcher;
    QTimer m_settling; // files change one after the other
    QThreadPool m_thread;
    int m_generation = 0;
    bool m_reading = false, m_again = false, m_opening = false;
};

} // namespace attendre
