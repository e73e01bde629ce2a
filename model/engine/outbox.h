#pragma once

#include "model/engine/protocol.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace attendre {

// Messages on their way to the client. send() never waits: a thread of the outbox writes, and a
// client that reads slowly costs at most one waiting message per kind that may be replaced
// (docs/protocol.md, Backpressure).
class Outbox {
  public:
    explicit Outbox(int descriptor);
    // Writes what is left, unless the client has gone.
    ~Outbox();

    void reply(qint64 id, const QJsonObject& members = {});
    // outcome: "replaced" or "cancelled", or empty.
    void refuse(qint64 id, const Error& error, const QString& outcome = QString());
    // replaceable: a newer notice with the same text takes the place of one that still waits.
    void notice(const QString& name, const QJsonObject& members = {},
                const QString& replaceable = QString());

  private:
    struct Waiting {
        QByteArray bytes;
        QString replaceable;
    };
    void send(QByteArray bytes, const QString& replaceable);
    void write();

    const int m_descriptor;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<Waiting> m_waiting;
    bool m_ending = false;
    std::thread m_thread;
};

} // namespace attendre
