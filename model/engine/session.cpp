#include "model/engine/session.h"

#include "model/trace/offered_options.h"

#include <QCoreApplication>
#include <QSysInfo>

#include <unistd.h>

namespace attendre {

using Clock = std::chrono::steady_clock;

Session::Session(Outbox& outbox) : m_outbox(outbox), m_doingSince(Clock::now()) {}

Session::~Session() = default;

void Session::sayHello() {
    QJsonArray options, presetList, policies;
    for (const OptionDefinition& option : offeredOptions())
        options << toJson(option);
    for (const Preset& preset : presets())
        presetList << toJson(preset);
    QJsonObject hello{{"protocol", protocolVersion},
                      {"program", "attendre"},
                      {"version", QCoreApplication::applicationVersion()},
                      {"pid", qint64(::getpid())},
                      {"host", QSysInfo::machineHostName()},
                      {"heartbeat", heartbeatSeconds},
                      {"frames", 0},
                      {"options", options},
                      {"presets", presetList}};
    if (auto engine = loadEngine(); engine) {
        for (const PolicyDescription& policy : engine.value()->policies())
            policies << toJson(policy);
        hello["build"] = engine.value()->build();
    } else {
        hello["engineError"] = engine.error().sentence;
    }
    hello["policies"] = policies;
    m_outbox.notice("hello", hello);
}

void Session::beat() {
    QJsonObject members;
    {
        std::lock_guard lock(m_mutex);
        const std::chrono::duration<double> seconds = Clock::now() - m_doingSince;
        members = {{"doing", m_doing}, {"seconds", seconds.count()}};
    }
    m_outbox.notice("heartbeat", members, "heartbeat");
}

void Session::reportProtocolError(const Error& error) {
    m_outbox.notice("protocolError", {{"error", error.sentence}});
}

void Session::end(const QString& reason) {
    {
        std::lock_guard lock(m_mutex);
        if (!std::exchange(m_ending, true))
            m_endReason = reason;
        m_activeCancel.request();
    }
    m_changed.notify_all();
}

void Session::receive(const Message& message) {
    Request request;
    request.members = message.header;
    request.name = message.header["request"].toString();
    request.id = message.header["id"].toInteger();
    request.tag = message.header["tag"].toString();
    if (request.id < 1) {
        reportProtocolError({QString("The request \"%1\" has no id: number every request with a "
                                     "positive integer of its own.")
                                 .arg(request.name)});
        return;
    }
    static const QStringList queued{"load", "tokenize", "check", "record", "ask"};
    if (queued.contains(request.name))
        enqueue(std::move(request));
    else
        control(request);
}

void Session::enqueue(Request request) {
    std::optional<qint64> replaced;
    {
        std::lock_guard lock(m_mutex);
        if (m_ending) {
            m_outbox.refuse(request.id, {"The engine is ending: start another one."});
            return;
        }
        for (auto it = m_queue.begin(); it != m_queue.end() && !request.tag.isEmpty(); ++it) {
            if (it->tag != request.tag)
                continue;
            replaced = it->id;
            m_queue.erase(it);
            break;
        }
        m_queue.push_back(request);
    }
    if (replaced)
        m_outbox.refuse(*replaced, {"A newer request with the same tag took its place."},
                        "replaced");
    m_changed.notify_all();
}

void Session::control(const Request& request) {
    Result<void> done;
    if (request.name == "ping") {
        // the reply says it all
    } else if (request.name == "cancel") {
        done = cancel(request.members["cancel"].toInteger());
    } else if (request.name == "quit") {
        m_outbox.reply(request.id);
        end("The engine was asked to quit before the input's end.");
        return;
    } else {
        done = setGoal(request);
    }
    if (done)
        m_outbox.reply(request.id);
    else
        m_outbox.refuse(request.id, done.error());
    m_changed.notify_all();
}

Result<void> Session::cancel(qint64 id) {
    std::lock_guard lock(m_mutex);
    if (id == m_activeId && id != 0) {
        m_activeCancel.request();
        return {};
    }
    for (auto it = m_queue.begin(); it != m_queue.end(); ++it) {
        if (it->id != id)
            continue;
        m_queue.erase(it);
        m_outbox.refuse(id, {"It was cancelled before it began."}, "cancelled");
        return {};
    }
    return {}; // it has ended already: nothing is left to cancel
}

// Needs the mutex.
Result<Goal> Session::goalOf(const Request& request) const {
    const QJsonObject& members = request.members;
    if (request.name == "run")
        return Goal{Goal::Kind::End};
    if (request.name == "step") {
        const int count = members["count"].toInt(1);
        if (count < 1)
            return Error{QString("step has the count %1; it must be at least 1.").arg(count), 2};
        const int waiting = m_goal.kind == Goal::Kind::Steps ? m_goal.steps : 0;
        return Goal{Goal::Kind::Steps, waiting + count};
    }
    if (request.name == "runToStep") {
        if (!members["step"].isDouble())
            return Error{"runToStep needs the member step, a step's number from 0.", 2};
        return Goal{Goal::Kind::Step, members["step"].toInt()};
    }
    if (!members["position"].isDouble())
        return Error{"runToEviction needs the member position, a position of the input.", 2};
    return Goal{Goal::Kind::Eviction, 0, members["position"].toInt(), members["layer"].toInt(-1),
                members["head"].toInt(-1)};
}

// Needs the mutex.
Result<void> Session::setBreakpoints(const Request& request) {
    auto watch =
        BreakpointWatch::make(m_runInfo, m_runTrace, request.members["breakpoints"].toArray());
    if (!watch)
        return watch.error();
    m_breakpoints = watch.take();
    return {};
}

Result<void> Session::setGoal(const Request& request) {
    static const QStringList known{"step",  "run",   "runToStep", "runToEviction",
                                   "pause", "speed", "stop",      "breakpoints"};
    if (!known.contains(request.name))
        return Error{QString("There is no request \"%1\": the engine knows load, tokenize, check, "
                             "record, ask, ping, cancel, quit, %2.")
                         .arg(request.name, known.join(", ")),
                     2};
    std::lock_guard lock(m_mutex);
    if (request.name == "speed") {
        m_stepsPerSecond = std::max(0.0, request.members["stepsPerSecond"].toDouble());
        m_nextStep = Clock::now();
        return {};
    }
    if (!m_runInProgress)
        return Error{QString("%1 needs a run in progress: record one first.").arg(request.name), 2};
    if (request.name == "stop") {
        m_stopAsked = true;
        return {};
    }
    if (request.name == "breakpoints")
        return setBreakpoints(request);
    if (request.name == "pause") {
        m_pauseAsked = true;
        m_goal = {};
        return {};
    }
    auto goal = goalOf(request);
    if (!goal)
        return goal.error();
    m_goal = goal.take();
    m_pauseAsked = false;
    // Said under the mutex, as is "paused": their order is the order of what happened.
    m_outbox.notice("running", {{"run", m_run}});
    return {};
}

} // namespace attendre
