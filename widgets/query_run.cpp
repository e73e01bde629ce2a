#include "widgets/query_run.h"

namespace attendre {

QueryRun::~QueryRun() {
    m_cancel.request();
    m_threads.waitForDone();
}

void QueryRun::start(const QString& trace, const QueryRequest& request, const QueryLimits& limits,
                     int run) {
    drop();
    m_cancel = Cancel();
    m_underWay = true;
    m_since.start();
    m_threads.start([this, trace, request, limits, run, cancel = m_cancel, number = m_number] {
        auto result = std::make_shared<QueryResult>();
        result->run = run;
        ResultRows rows(result.get());
        result->outcome = runQuery(trace, request, limits, rows, {}, cancel);
        // The pool is waited for before this is gone.
        QMetaObject::invokeMethod(
            this,
            [this, number, result] {
                if (number != m_number)
                    return;
                m_underWay = false;
                emit finished(result);
            },
            Qt::QueuedConnection);
    });
}

void QueryRun::cancel() {
    m_cancel.request();
}

void QueryRun::drop() {
    m_cancel.request();
    ++m_number;
    m_underWay = false;
}

} // namespace attendre
