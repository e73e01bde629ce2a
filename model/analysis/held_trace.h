#pragma once

#include "model/trace/cancel.h"
#include "model/trace/store.h"
#include "model/trace/tables.h"
#include "model/trace/trace_connection.h"

#include <QElapsedTimer>

#include <memory>

namespace attendre {

// A trace as it was at one moment, read a decoding at a time: between two of them no transaction is
// open, and while a recorder writes no connection either for half of the time, so that it is never
// kept waiting. It also knows when the work over it is to stop. Used by one thread.
class HeldTrace : public HeldStore {
  public:
    enum class Stop { None, Cancelled, Time, Memory };

    // milliseconds: how long the work may take from now on; 0: as long as it likes. Errors: the
    // trace cannot be read.
    static Result<std::shared_ptr<HeldTrace>> open(const QString& trace, const Cancel& cancel,
                                                   int milliseconds);

    // Errors: as of open(), and that the work is to stop.
    Result<Store*> hold() override;
    void letGo() override;

    // Lets go of what would hold up a recorder that comes to its end.
    void rest();
    // The same where it has been kept for a while; to be called now and then by who computes.
    void restWhereDue();

    // Looks whether the work is to stop; once it is, it stays so.
    bool mustStop();
    Stop stopped() const { return m_stop; }
    Error stopError() const; // in a sentence

    const QString& path() const { return m_connection.path(); }

  private:
    HeldTrace(const QString& trace, const Cancel& cancel, int milliseconds);

    TraceConnection m_connection;
    Store m_store;
    Cancel m_cancel;
    int m_milliseconds;
    qint64 m_memoryBefore = 0;
    Stop m_stop = Stop::None;
    QElapsedTimer m_since, m_connected, m_rested;
};

} // namespace attendre
