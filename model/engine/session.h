#pragma once

#include "model/engine/breakpoint_watch.h"
#include "model/engine/open_model.h"
#include "model/engine/outbox.h"
#include "model/engine/recording.h"
#include "model/engine/run_input.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace attendre {

// How far a run is to go before it pauses.
struct Goal {
    enum class Kind { Pause, Steps, Step, Eviction, End };
    Kind kind = Kind::Pause;
    int steps = 0; // Steps: still to be done; Step: pause when this one is recorded
    int position = noPosition, layer = -1, head = -1; // Eviction

    bool operator==(const Goal&) const = default;
};

// The engine's side of docs/protocol.md: takes messages from the thread that reads, works on one
// other thread, answers through the outbox.
class Session {
  public:
    explicit Session(Outbox& outbox);
    ~Session();

    // The first message; loads the engine library, whose policies it tells.
    void sayHello();

    // From the reading thread.
    void receive(const Message& message);
    void reportProtocolError(const Error& error);
    // The client has gone or asks to quit: work() finishes the step at hand, closes the trace with
    // this reason and returns.
    void end(const QString& reason);

    // From any thread, every heartbeatSeconds.
    void beat();

    // On the working thread, until end() or the request `quit`.
    void work();

  private:
    struct Request {
        qint64 id = 0;
        QString name, tag;
        QJsonObject members;
    };
    using Answer = Result<QJsonObject>;

    // Reading thread.
    void enqueue(Request request);
    void control(const Request& request);
    Result<void> setGoal(const Request& request);
    Result<void> setBreakpoints(const Request& request);
    Result<Goal> goalOf(const Request& request) const;
    Result<void> cancel(qint64 id);

    // Working thread: the queue.
    std::optional<Request> nextWork(std::unique_lock<std::mutex>& lock);
    void perform(const Request& request);
    Answer load(const Request& request);
    Answer tokenize(const Request& request);
    Answer check(const Request& request);
    Answer record(const Request& request);
    Answer ask(const Request& request);
    Result<void> answerWith(Recording& asking, const Request& request);
    Result<RecordingRequest> recordingRequest(const QJsonObject& members) const;
    Result<void> openModel(const QString& path);
    Result<void> openDocument(const QString& path, const Stage& stage);
    Stage stageOf(const Request& request);

    // Working thread: the run.
    void announce(Recording& recording, const std::optional<int>& pauseAfter);
    void advance(Goal goal);
    // Whether the goal was reached and nobody has set another meanwhile; the goal is then dropped.
    bool dropIfReached(const Goal& goal, bool evicted);
    bool pauseAtBreakpoint();
    void pauseNow(const QString& reason, QJsonObject members = {});
    void finishRun(const QString& reason);
    void failRun(const Error& error);
    void setDoing(const QString& doing);

    Outbox& m_outbox;

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<Request> m_queue;
    qint64 m_activeId = 0;
    Cancel m_activeCancel;
    bool m_ending = false;
    QString m_endReason;
    bool m_runInProgress = false, m_stopAsked = false, m_pauseAsked = false;
    Goal m_goal;
    int m_run = 0; // the number of the run in progress
    RunInfo m_runInfo;
    QString m_runTrace;
    std::shared_ptr<BreakpointWatch> m_breakpoints; // null: none are set
    double m_stepsPerSecond = 0;
    QString m_doing;
    std::chrono::steady_clock::time_point m_doingSince, m_nextStep;

    // The working thread's own.
    std::unique_ptr<OpenModel> m_model;
    std::optional<TokenizedDocument> m_document;
    std::unique_ptr<Recording> m_recording;
    std::unique_ptr<Recording> m_ended; // the last run, whose trace is closed: it may be asked
};

} // namespace attendre
