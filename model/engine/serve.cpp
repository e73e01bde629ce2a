#include "model/engine/serve.h"

#include "model/engine/session.h"
#include "model/engine/stop_signals.h"

#include <csignal>
#include <cstdio>
#include <poll.h>
#include <thread>
#include <unistd.h>

namespace attendre {

namespace {

// Standard output for messages alone: whatever a library prints there goes to standard error.
int takeStandardOutput() {
    std::fflush(stdout);
    const int own = ::dup(STDOUT_FILENO);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    return own;
}

void deliver(MessageReader& reader, Session& session) {
    while (auto message = reader.next()) {
        if (message->ok())
            session.receive(message->value());
        else
            session.reportProtocolError(message->error());
    }
}

// Reads requests until the input ends, a stop signal comes or work() has returned.
void readRequests(Session& session, const StopSignals& stopSignals) {
    MessageReader reader;
    QByteArray buffer(64 << 10, Qt::Uninitialized);
    for (;;) {
        pollfd descriptors[2] = {{STDIN_FILENO, POLLIN, 0}, {stopSignals.descriptor(), POLLIN, 0}};
        if (::poll(descriptors, 2, -1) < 0 && errno != EINTR)
            break;
        if (descriptors[1].revents) {
            session.end("The engine was told to stop by a signal before the input's end.");
            return;
        }
        if (!descriptors[0].revents)
            continue;
        const ssize_t n = ::read(STDIN_FILENO, buffer.data(), size_t(buffer.size()));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        reader.append(QByteArray(buffer.data(), n));
        deliver(reader, session);
    }
    session.end("The window or program that had asked for the run has gone.");
}

// The heartbeat's thread, which does nothing else.
class Heart {
  public:
    explicit Heart(Session& session) : m_thread([this, &session] { run(session); }) {}
    ~Heart() {
        {
            std::lock_guard lock(m_mutex);
            m_ending = true;
        }
        m_changed.notify_all();
        m_thread.join();
    }

  private:
    void run(Session& session) {
        std::unique_lock lock(m_mutex);
        const std::chrono::duration<double> pause(heartbeatSeconds);
        while (!m_changed.wait_for(lock, pause, [this] { return m_ending; }))
            session.beat();
    }

    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_ending = false;
    std::thread m_thread;
};

} // namespace

int serve() {
    std::signal(SIGPIPE, SIG_IGN);
    StopSignals stopSignals;
    const int output = takeStandardOutput();
    {
        Outbox outbox(output);
        Session session(outbox);
        session.sayHello();
        Heart heart(session);
        std::thread reader([&] { readRequests(session, stopSignals); });
        session.work();
        stopSignals.wake();
        reader.join();
    }
    ::close(output);
    return 0;
}

} // namespace attendre
