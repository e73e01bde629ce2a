#include "model/engine/outbox.h"

#include <cerrno>
#include <unistd.h>

namespace attendre {

namespace {

// Whether everything was written; false when the client has gone.
bool writeAll(int descriptor, const QByteArray& bytes) {
    qsizetype done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::write(descriptor, bytes.data() + done, size_t(bytes.size() - done));
        if (n < 0 && errno != EINTR)
            return false;
        done += std::max<ssize_t>(n, 0);
    }
    return true;
}

} // namespace

Outbox::Outbox(int descriptor) : m_descriptor(descriptor), m_thread([this] { write(); }) {}

Outbox::~Outbox() {
    {
        std::lock_guard lock(m_mutex);
        m_ending = true;
    }
    m_changed.notify_all();
    m_thread.join();
}

void Outbox::reply(qint64 id, const QJsonObject& members) {
    QJsonObject all = members;
    all["ok"] = true;
    send(encodeMessage("reply", id, all), {});
}

void Outbox::refuse(qint64 id, const Error& error, const QString& outcome) {
    QJsonObject all{{"ok", false}, {"error", error.sentence}, {"exit", error.exitCode}};
    if (!outcome.isEmpty())
        all[outcome] = true;
    send(encodeMessage("reply", id, all), {});
}

void Outbox::notice(const QString& name, const QJsonObject& members, const QString& replaceable) {
    send(encodeMessage("notice", name, members), replaceable);
}

void Outbox::send(QByteArray bytes, const QString& replaceable) {
    {
        std::lock_guard lock(m_mutex);
        // The newer one goes to the end: a notice must not overtake what was said before it.
        if (!replaceable.isEmpty())
            std::erase_if(m_waiting,
                          [&](const Waiting& w) { return w.replaceable == replaceable; });
        m_waiting.push_back({std::move(bytes), replaceable});
    }
    m_changed.notify_all();
}

void Outbox::write() {
    std::unique_lock lock(m_mutex);
    bool clientGone = false;
    for (;;) {
        m_changed.wait(lock, [&] { return m_ending || !m_waiting.empty(); });
        if (m_waiting.empty())
            return;
        const Waiting next = std::move(m_waiting.front());
        m_waiting.pop_front();
        if (clientGone)
            continue;
        lock.unlock();
        clientGone = !writeAll(m_descriptor, next.bytes);
        lock.lock();
    }
}

} // namespace attendre
