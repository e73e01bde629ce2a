#include "model/analysis/held_trace.h"

#include <QThread>

#include <sqlite3.h>

namespace attendre {

namespace {
// While a recorder writes, the trace is let go of for as long as it was kept: at its end the
// recorder tries a few times to have the file for itself (TraceWriter::leaveWal).
constexpr qint64 longestConnection = 25, pause = 25; // ms
// Of SQLite's in the whole process: what sorting and grouping keep.
constexpr qint64 mostMemory = 512 << 20;
} // namespace

HeldTrace::HeldTrace(const QString& trace, const Cancel& cancel, int milliseconds)
    : m_connection(trace), m_cancel(cancel), m_milliseconds(milliseconds),
      m_memoryBefore(sqlite3_memory_used()) {
    m_since.start();
}

Result<std::shared_ptr<HeldTrace>> HeldTrace::open(const QString& trace, const Cancel& cancel,
                                                   int milliseconds) {
    std::shared_ptr<HeldTrace> held(new HeldTrace(trace, cancel, milliseconds));
    auto store = held->hold();
    if (!store)
        return store.error();
    auto frozen = (*store)->freeze();
    held->letGo();
    if (!frozen)
        return frozen.error();
    return held;
}

Result<Store*> HeldTrace::hold() {
    if (mustStop())
        return stopError();
    restWhereDue();
    if (!m_connection.database()) {
        if (m_rested.isValid() && m_rested.elapsed() < pause)
            QThread::msleep(static_cast<unsigned long>(pause - m_rested.elapsed()));
        if (auto connected = m_connection.connect(); !connected)
            return connected.error();
        m_connected.start();
        m_store.attach(m_connection.database());
    }
    if (auto begun = m_store.database().execute("BEGIN"); !begun)
        return begun.error();
    return &m_store;
}

void HeldTrace::letGo() {
    // A reading transaction has nothing that could fail to be written.
    (void)m_store.database().execute("COMMIT");
}

void HeldTrace::rest() {
    if (!m_connection.database())
        return;
    m_connection.release();
    m_connected.start();
    if (!m_connection.database())
        m_rested.start();
}

void HeldTrace::restWhereDue() {
    if (m_connection.database() && m_connected.elapsed() > longestConnection)
        rest();
}

bool HeldTrace::mustStop() {
    if (m_stop != Stop::None)
        return true;
    if (m_cancel.requested())
        m_stop = Stop::Cancelled;
    else if (m_milliseconds > 0 && m_since.elapsed() > m_milliseconds)
        m_stop = Stop::Time;
    else if (sqlite3_memory_used() - m_memoryBefore > mostMemory)
        m_stop = Stop::Memory;
    return m_stop != Stop::None;
}

Error HeldTrace::stopError() const {
    switch (m_stop) {
    case Stop::Time:
        return {QString("The reading of %1 was stopped after %2 s, its time limit: ask for fewer "
                        "steps, layers and heads, or allow more time.")
                    .arg(path())
                    .arg(m_milliseconds / 1000.0)};
    case Stop::Memory:
        return {QString("The reading of %1 was stopped: sorting and grouping took more than %2 MB; "
                        "ask for fewer steps, layers and heads.")
                    .arg(path())
                    .arg(mostMemory >> 20)};
    case Stop::Cancelled:
    case Stop::None:
        break;
    }
    return {QString("The reading of %1 was interrupted: start it again.").arg(path())};
}

} // namespace attendre
