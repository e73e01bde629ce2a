#pragma once

#include "widgets/query_result.h"

#include <QElapsedTimer>
#include <QObject>
#include <QThreadPool>

#include <memory>

namespace attendre {

// Runs queries over a trace on a thread and a connection of their own, one after another: a query
// may take minutes, a reading of the views must not wait for it.
class QueryRun : public QObject {
    Q_OBJECT
  public:
    explicit QueryRun(QObject* parent = nullptr) : QObject(parent) {
        m_threads.setMaxThreadCount(1);
    }
    ~QueryRun() override;

    // Starts a query; one that is under way is cancelled and its result dropped.
    void start(const QString& trace, const QueryRequest& request, const QueryLimits& limits,
               int run);
    // The query that is under way ends as cancelled: finished() follows.
    void cancel();
    // The same, and nothing follows.
    void drop();
    bool isUnderWay() const { return m_underWay; }
    double seconds() const { return m_underWay ? double(m_since.elapsed()) / 1000 : 0; }

  signals:
    void finished(std::shared_ptr<const attendre::QueryResult> result);

  private:
    QThreadPool m_threads;
    Cancel m_cancel;
    int m_number = 0; // of the newest query
    bool m_underWay = false;
    QElapsedTimer m_since;
};

} // namespace attendre
