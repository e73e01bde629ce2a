#include "model/trace/recorder.h"

#include "model/trace/trace_writer.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
#include <optional>
#include <thread>

namespace attendre {

class Recorder::Private {
  public:
    explicit Private(std::unique_ptr<TraceWriter> w, int length)
        : m_writer(std::move(w)), m_encoder(m_writer->frameOptions()),
          m_length(size_t(std::max(1, length))), m_thread([this] { work(); }) {}

    int run() const { return m_writer->run(); }

    Result<void> add(StepRecord step) {
        std::unique_lock lock(m_mutex);
        m_room.wait(lock, [this] { return m_queue.size() < m_length || m_error; });
        if (m_error)
            return *m_error;
        if (m_closing)
            return Error{"The trace is finished; a step cannot be added to it."};
        m_queue.push_back(std::move(step));
        m_work.notify_one();
        return {};
    }

    void setCommitted(std::function<void(int)> callback) {
        const std::lock_guard lock(m_mutex);
        m_committed = std::move(callback);
    }

    void setFailed(std::function<void(Error)> callback) {
        const std::lock_guard lock(m_mutex);
        m_failed = std::move(callback);
    }

    Result<void> finish(const QString& reason) {
        if (!m_thread.joinable())
            return m_error ? Result<void>(*m_error) : Result<void>();
        {
            const std::lock_guard lock(m_mutex);
            m_closing = true;
            m_work.notify_one();
        }
        m_thread.join();
        const QString why = m_error && reason.isEmpty() ? m_error->sentence : reason;
        auto finished = m_writer->finish(why);
        if (!m_error && !finished)
            m_error = finished.error();
        return m_error ? Result<void>(*m_error) : Result<void>();
    }

  private:
    void work() {
        for (;;) {
            std::unique_lock lock(m_mutex);
            m_work.wait(lock, [this] { return !m_queue.empty() || m_closing; });
            if (m_queue.empty())
                return;
            StepRecord step = std::move(m_queue.front());
            m_queue.pop_front();
            m_room.notify_one();
            const auto committed = m_committed;
            lock.unlock();
            const int number = step.step;
            auto done = record(std::move(step));
            if (done && committed)
                committed(number);
            if (!done)
                return fail(done.error());
        }
    }

    Result<void> record(StepRecord step) {
        const int number = step.step;
        try {
            auto frame = m_encoder.encode(std::move(step));
            return frame ? m_writer->write(*frame) : Result<void>(frame.error());
        } catch (const std::bad_alloc&) {
            return Error{QString("There is too little memory to record step %1: choose a smaller "
                                 "--memory.")
                             .arg(number)};
        }
    }

    void fail(const Error& error) {
        std::function<void(Error)> failed;
        {
            const std::lock_guard lock(m_mutex);
            m_error = error;
            m_queue.clear();
            m_room.notify_all();
            failed = m_failed;
        }
        if (failed)
            failed(error);
    }

    std::unique_ptr<TraceWriter> m_writer;
    FrameEncoder m_encoder;
    const size_t m_length;
    std::mutex m_mutex;
    std::condition_variable m_room, m_work;
    std::deque<StepRecord> m_queue;
    std::optional<Error> m_error;
    bool m_closing = false;
    std::function<void(int)> m_committed;
    std::function<void(Error)> m_failed;
    std::thread m_thread; // last: it uses all of the above
};

Recorder::Recorder(std::unique_ptr<Private> p) : d(std::move(p)) {}

Recorder::~Recorder() {
    (void)d->finish("The recorder was dropped before the run's end.");
}

Result<std::unique_ptr<Recorder>> Recorder::open(const QString& path, RunInfo run,
                                                 std::vector<TokenInfo> tokens,
                                                 RecorderOptions options) {
    auto writer = TraceWriter::open(path, std::move(run), tokens, options);
    if (!writer)
        return writer.error();
    return std::unique_ptr<Recorder>(
        new Recorder(std::make_unique<Private>(writer.take(), options.queueLength)));
}

int Recorder::run() const {
    return d->run();
}

Result<void> Recorder::add(StepRecord step) {
    return d->add(std::move(step));
}

void Recorder::onCommitted(std::function<void(int)> callback) {
    d->setCommitted(std::move(callback));
}

void Recorder::onFailed(std::function<void(Error)> callback) {
    d->setFailed(std::move(callback));
}

Result<void> Recorder::finish(const QString& reason) {
    return d->finish(reason);
}

} // namespace attendre
