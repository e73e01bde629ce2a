// The working thread of a session: the queued requests one after the other, and the run's steps
// between them.
#include "model/engine/session.h"

#include <QFileInfo>

namespace attendre {

using Clock = std::chrono::steady_clock;

void Session::setDoing(const QString& doing) {
    std::lock_guard lock(m_mutex);
    m_doing = doing;
    m_doingSince = Clock::now();
}

// Waits for the next request; returns nothing when it is the run's turn or the session ends.
std::optional<Session::Request> Session::nextWork(std::unique_lock<std::mutex>& lock) {
    for (;;) {
        if (m_ending || m_stopAsked || m_pauseAsked)
            return std::nullopt;
        if (!m_queue.empty()) {
            Request request = m_queue.front();
            m_queue.pop_front();
            m_activeId = request.id;
            m_activeCancel = Cancel();
            return request;
        }
        if (!m_runInProgress || m_goal.kind == Goal::Kind::Pause) {
            m_changed.wait(lock);
            continue;
        }
        if (m_stepsPerSecond <= 0 || Clock::now() >= m_nextStep)
            return std::nullopt;
        m_changed.wait_until(lock, m_nextStep);
    }
}

void Session::work() {
    for (;;) {
        std::unique_lock lock(m_mutex);
        const std::optional<Request> request = nextWork(lock);
        const bool ending = m_ending, stop = std::exchange(m_stopAsked, false);
        const bool pause = std::exchange(m_pauseAsked, false);
        const Goal goal = m_goal;
        lock.unlock();
        if (ending)
            break;
        if (request)
            perform(*request);
        else if (stop && m_recording)
            finishRun("The run was stopped before the input's end.");
        else if (pause && m_recording)
            pauseNow("asked");
        else if (m_recording && goal.kind != Goal::Kind::Pause)
            advance(goal);
    }
    std::deque<Request> unserved;
    {
        std::lock_guard lock(m_mutex);
        unserved.swap(m_queue);
    }
    for (const Request& request : unserved)
        m_outbox.refuse(request.id, {"The engine ended before it came to this request."});
    if (m_recording)
        finishRun(m_endReason);
}

void Session::perform(const Request& request) {
    setDoing(request.name);
    Answer answer = Error{QString()};
    auto done = guarded("answering " + request.name, [&]() -> Result<void> {
        answer = request.name == "load"       ? load(request)
                 : request.name == "tokenize" ? tokenize(request)
                 : request.name == "check"    ? check(request)
                 : request.name == "ask"      ? ask(request)
                                              : record(request);
        return {};
    });
    if (!done)
        answer = done.error();
    bool cancelled = false;
    {
        std::lock_guard lock(m_mutex);
        cancelled = m_activeCancel.requested();
        m_activeId = 0;
    }
    setDoing({});
    if (answer)
        m_outbox.reply(request.id, *answer);
    else
        m_outbox.refuse(request.id, answer.error(), cancelled ? "cancelled" : QString());
}

Stage Session::stageOf(const Request& request) {
    const qint64 id = request.id;
    auto last = std::make_shared<Clock::time_point>();
    return [this, id, last](const QString& what, qint64 done, qint64 total) {
        if (done != total && Clock::now() - *last < std::chrono::milliseconds(100))
            return;
        *last = Clock::now();
        m_outbox.notice("progress",
                        {{"request", id}, {"what", what}, {"done", done}, {"total", total}},
                        QString("progress %1").arg(id));
    };
}

Result<void> Session::openModel(const QString& path) {
    if (m_model && m_model->isStill(path))
        return {};
    if (path.isEmpty())
        return Error{"No model is named: choose a .gguf file or a model's folder.", 2};
    auto model = OpenModel::open(path);
    if (!model)
        return model.error();
    // A run that could still be asked belongs to the model that it was made with.
    if (!m_recording)
        m_ended.reset();
    m_model = model.take();
    return {};
}

Result<void> Session::openDocument(const QString& path, const Stage& stage) {
    if (m_document && m_document->isStill(m_model->path(), path))
        return {};
    if (path.isEmpty())
        return Error{"No document is named: choose a text file in UTF-8.", 2};
    auto document =
        tokenizeDocument(path, m_model->tokenizer(), m_model->path(), stage, m_activeCancel);
    if (!document)
        return document.error();
    m_document = document.take();
    return {};
}

Session::Answer Session::load(const Request& request) {
    if (auto opened = openModel(request.members["model"].toString()); !opened)
        return opened.error();
    const ModelSummary summary = m_model->summary();
    return QJsonObject{
        {"model", toJson(summary)}, {"tokenizer", summary.tokenizer}, {"bos", summary.addsBos}};
}

Session::Answer Session::tokenize(const Request& request) {
    if (auto opened = openModel(request.members["model"].toString()); !opened)
        return opened.error();
    if (auto read = openDocument(request.members["document"].toString(), stageOf(request)); !read)
        return read.error();
    return QJsonObject{{"tokens", qint64(m_document->encoding.ids.size())},
                       {"bytes", qint64(m_document->document.text.size())},
                       {"hash", m_document->document.hash}};
}

Result<RecordingRequest> Session::recordingRequest(const QJsonObject& members) const {
    auto configuration = configurationFromJson(members["configuration"].toObject());
    if (!configuration)
        return configuration.error();
    RecordingRequest request;
    request.model = members["model"].toString();
    request.document = members["document"].toString();
    request.trace = members["trace"].toString();
    request.configuration = configuration.take();
    request.label = members["label"].toString();
    request.append = members["append"].toBool();
    request.overwrite = members["overwrite"].toBool();
    return request;
}

Session::Answer Session::check(const Request& request) {
    auto asked = recordingRequest(request.members);
    if (!asked)
        return asked.error();
    if (auto opened = openModel(asked->model); !opened)
        return opened.error();
    qint64 tokens = request.members["tokens"].toInteger();
    if (!asked->document.isEmpty()) {
        if (auto read = openDocument(asked->document, stageOf(request)); !read)
            return read.error();
        auto before =
            readTemplate(asked->configuration, m_model->description(), m_model->tokenizer());
        if (!before)
            return before.error();
        auto input =
            assembleInput(*m_document, m_model->tokenizer(), asked->configuration, *before);
        if (!input)
            return input.error();
        endInput(*input, m_model->description());
        tokens = qint64(input->ids.size());
    }
    auto resolved = resolveFor(m_model->description(), asked->configuration, tokens);
    if (!resolved)
        return resolved.error();
    const MemoryNeed need =
        memoryNeed(m_model->description(), *resolved, asked->configuration.dtype, tokens);
    QJsonObject memory{{"weights", need.weights},
                       {"keyValue", need.keyValue},
                       {"working", need.working},
                       {"total", need.total()}};
    if (const qint64 available = availableMemory(); available >= 0)
        memory["available"] = available;
    return QJsonObject{{"tokens", tokens},
                       {"steps", stepCount(*resolved, tokens)},
                       {"resolved", resolvedToJson(*resolved)},
                       {"notices", QJsonArray::fromStringList(resolved->notices)},
                       {"memory", memory},
                       {"command", recordCommand(*asked)}};
}

Session::Answer Session::record(const Request& request) {
    if (m_recording)
        return Error{QString("The run %1 in %2 is still in progress: stop it first.")
                         .arg(m_recording->info().run)
                         .arg(m_recording->trace()),
                     2};
    if (request.members["stream"].toBool())
        return Error{"This engine cannot send step frames: record to a trace on its own machine.",
                     2};
    auto asked = recordingRequest(request.members);
    if (!asked)
        return asked.error();
    if (asked->trace.isEmpty())
        return Error{"No trace is named: say which file is to be written.", 2};
    if (auto opened = openModel(asked->model); !opened)
        return opened.error();
    const Stage stage = stageOf(request);
    if (auto read = openDocument(asked->document, stage); !read)
        return read.error();
    m_ended.reset();
    asked->checkpointBudget = checkpointBudget;
    auto recording = Recording::start(*asked, *m_model, *m_document, stage, m_activeCancel);
    if (!recording)
        return recording.error();
    m_recording = recording.take();
    std::optional<int> pauseAfter;
    if (request.members["pauseAfter"].isDouble())
        pauseAfter = request.members["pauseAfter"].toInt();
    announce(*m_recording, pauseAfter);
    const RunInfo& info = m_recording->info();
    return QJsonObject{{"trace", m_recording->trace()},
                       {"run", info.run},
                       {"uuid", info.uuid},
                       {"tokens", info.tokens},
                       {"steps", m_recording->stepsTotal()},
                       {"resolved", resolvedToJson(info.configuration)},
                       {"notices", QJsonArray::fromStringList(info.configuration.notices)},
                       {"command", info.command}};
}

void Session::announce(Recording& recording, const std::optional<int>& pauseAfter) {
    const RunInfo& info = recording.info();
    {
        std::lock_guard lock(m_mutex);
        m_runInfo = info;
        m_runTrace = recording.trace();
        m_breakpoints.reset();
    }
    const int run = info.run, steps = recording.stepsTotal();
    recording.onCommitted([this, run, steps](int step, double milliseconds) {
        m_outbox.notice(
            "stepRecorded",
            {{"run", run}, {"step", step}, {"steps", steps}, {"milliseconds", milliseconds}},
            QString("stepRecorded %1").arg(run));
    });
    m_outbox.notice("runStarted", {{"trace", recording.trace()},
                                   {"run", run},
                                   {"uuid", info.uuid},
                                   {"tokens", info.tokens},
                                   {"steps", steps}});
    for (const QString& notice : info.configuration.notices)
        m_outbox.notice("log", {{"text", notice}});
    std::lock_guard lock(m_mutex);
    m_runInProgress = true;
    m_run = run;
    m_stopAsked = m_pauseAsked = false;
    m_nextStep = Clock::now();
    if (!pauseAfter)
        m_goal = {Goal::Kind::End};
    else if (*pauseAfter > 0)
        m_goal = {Goal::Kind::Steps, *pauseAfter};
    else
        m_goal = {};
    if (m_goal.kind == Goal::Kind::Pause)
        m_outbox.notice("paused", {{"run", run}, {"recorded", 0}, {"reason", "goal"}});
}

} // namespace attendre
