#include "app/run_session.h"

#include "model/trace/recording_process.h"

#include <QFileInfo>
#include <QLocale>
#include <QLockFile>

#include <algorithm>
#include <utility>

namespace attendre {

RunSession::RunSession(TraceSource* source, ConsoleLog* log, QObject* parent)
    : QObject(parent), m_source(source), m_log(log) {
    wire();
    // Steps that were recorded while the file was being opened.
    connect(source, &TraceSource::opened, this, &RunSession::reread);
    for (const auto signal : {&TraceSource::opened, &TraceSource::closed})
        connect(source, signal, this, &RunSession::changed);
}

void RunSession::wire() {
    wireRun();
    wireRequests();
    wireEngine();
    // Another process's recording ends without telling anybody here.
    m_look.setInterval(2000);
    connect(&m_look, &QTimer::timeout, this, [this] {
        if (m_source->isOpen() && !m_source->runs().back().finished)
            emit stateChanged();
    });
    m_look.start();
}

void RunSession::wireRun() {
    connect(&m_engine, &EngineProcess::runStarted, this,
            [this](const EngineProcess::RunStarted& run) {
                m_trace = QFileInfo(run.trace).absoluteFilePath();
                m_run = m_held = run.run;
                m_steps = run.steps;
                m_lost.reset();
                setRunning(true);
                emit progressEnded();
                emit begun();
                m_source->open(run.trace);
                goOn();
            });
    connect(&m_engine, &EngineProcess::stepRecorded, this, [this](int, int) {
        if (m_drawing)
            reread();
        emit stateChanged();
    });
    connect(&m_engine, &EngineProcess::running, this, [this](int) { setRunning(true); });
    connect(&m_engine, &EngineProcess::paused, this, [this](const EngineProcess::Paused& paused) {
        setRunning(false);
        reread();
        if (!paused.hits.empty())
            emit stopped(paused.hits);
    });
    connect(&m_engine, &EngineProcess::runFinished, this, [this](int, int, const QString& reason) {
        if (!reason.isEmpty())
            m_log->addNotice(reason);
        m_run = 0;
        setRunning(false);
        reread();
        recordWhenReady();
    });
    connect(&m_engine, &EngineProcess::runFailed, this, [this](int, const QString& sentence) {
        m_run = 0;
        setRunning(false);
        reread();
        if (m_engine.state() == EngineProcess::State::Ended)
            loseRun(sentence);
        else
            emit refused(sentence);
    });
}

void RunSession::loseRun(const QString& sentence) {
    m_wanted.reset();
    m_lossTold = true;
    m_lost = m_made;
    if (m_lost) {
        m_lost->append = true;
        m_lost->overwrite = false;
        m_lost->pauseAfter = std::max(1, m_engine.recordedSteps());
        m_lostRun = m_held;
    }
    if (!m_finishing)
        emit runLost(sentence);
}

std::optional<EngineProcess::RunRequest> RunSession::repetition() const {
    std::optional<EngineProcess::RunRequest> again = m_lost;
    // A step may have reached the trace whose notice did not reach this process.
    if (again && m_source->isOpen() && QFileInfo(m_source->path()).absoluteFilePath() == m_trace)
        again->pauseAfter = std::max(again->pauseAfter.value_or(1), m_source->stepCount(m_lostRun));
    return again;
}

void RunSession::wireRequests() {
    connect(&m_engine, &EngineProcess::requestFailed, this,
            [this](int request, const QString& sentence) {
                if (!m_asked.remove(request))
                    return; // told where it was asked
                if (request == m_check)
                    m_wanted.reset();
                if (request == m_request)
                    m_starting = false;
                if (request == m_request || request == m_check)
                    emit progressEnded();
                emit refused(sentence);
                emit changed();
            });
    connect(&m_engine, &EngineProcess::requestDropped, this, [this](int request) {
        m_asked.remove(request);
        if (request == m_request)
            setRunning(false);
    });
    connect(&m_engine, &EngineProcess::checked, this,
            [this](int request, const EngineProcess::Check&) {
                if (request != m_check || !m_wanted)
                    return;
                if (m_engine.runInProgress())
                    own(m_engine.stopRun()); // runFinished goes on
                else
                    recordWhenReady();
            });
    connect(&m_engine, &EngineProcess::progress, this,
            [this](int request, const QString& what, qint64 done, qint64 total) {
                if (request == m_request) // others tell where they were asked
                    emit progress(what, done, total);
            });
}

void RunSession::wireEngine() {
    connect(&m_engine, &EngineProcess::ready, this, [this](const EngineProcess::Hello& hello) {
        m_log->addNotice(tr("The engine is ready: %1").arg(hello.build));
        if (!hello.engineError.isEmpty())
            emit refused(hello.engineError);
        recordWhenReady();
        emit changed();
    });
    connect(&m_engine, &EngineProcess::logged, m_log, &ConsoleLog::addEngineLine);
    connect(&m_engine, &EngineProcess::engineHung, this, [this](const QString& sentence) {
        emit engineSilent(sentence);
        emit stateChanged();
    });
    connect(&m_engine, &EngineProcess::engineAnswers, this, [this] {
        emit engineAnswersAgain();
        emit stateChanged();
    });
    connect(&m_engine, &EngineProcess::stateChanged, this, &RunSession::changed);
    connect(&m_engine, &EngineProcess::engineEnded, this, [this](const QString& reason) {
        const bool told = std::exchange(m_lossTold, false); // with the run that it had in hand
        m_made.reset();
        m_asked.clear();
        m_run = m_held = 0;
        setRunning(false);
        reread();
        emit progressEnded();
        if (m_finishing)
            emit finished();
        else if (!reason.isEmpty() && !told)
            emit engineLost(reason);
        emit changed();
    });
}

int RunSession::own(int request) {
    m_asked.insert(request);
    return request;
}

void RunSession::begin(const EngineProcess::RunRequest& request) {
    if (m_engine.runInProgress())
        if (const auto place =
                tracePlace(m_engine, request.trace, request.append, request.overwrite);
            !place) {
            emit refused(place.error().sentence);
            return;
        }
    m_wanted = request;
    emit progress(tr("starting the engine"), 0, 0);
    if (m_engine.state() == EngineProcess::State::Ended)
        m_engine.start();
    else if (m_engine.runInProgress())
        m_check = own(m_engine.check(request, QStringLiteral("begin")));
    else
        recordWhenReady();
}

void RunSession::recordWhenReady() {
    if (!m_wanted || m_engine.state() != EngineProcess::State::Ready || m_engine.runInProgress())
        return;
    m_made = *std::exchange(m_wanted, std::nullopt);
    m_starting = true;
    EngineProcess::RunRequest request = *m_made;
    m_goesOn = !m_breakpoints.empty();
    if (m_goesOn)
        request.pauseAfter = 0;
    m_request = own(m_engine.record(request));
    emit progress(tr("reading the model and the document"), 0, 0);
}

// A run with breakpoints begins paused, so that none of its steps is taken before they are set.
void RunSession::goOn() {
    if (!std::exchange(m_goesOn, false))
        return;
    sendBreakpoints();
    const std::optional<int> pauseAfter = m_made ? m_made->pauseAfter : std::nullopt;
    if (!pauseAfter)
        runOn();
    else if (*pauseAfter > 0)
        own(m_engine.step(*pauseAfter));
}

void RunSession::setBreakpoints(const std::vector<Breakpoint>& breakpoints) {
    if (breakpoints == m_breakpoints)
        return;
    m_breakpoints = breakpoints;
    if (m_engine.runInProgress())
        sendBreakpoints();
}

// The regret of an eviction is not known while the run goes on.
void RunSession::sendBreakpoints() {
    std::vector<Breakpoint> asked = m_breakpoints;
    for (Breakpoint& one : asked)
        if (const auto condition = Condition::compile(one.condition);
            condition && condition->reads(ConditionValue::Regret))
            one.enabled = false;
    own(m_engine.setBreakpoints(asked));
}

bool RunSession::live(int run) const {
    return m_run != 0 && run == m_run && m_engine.runInProgress() && m_source->isOpen() &&
           QFileInfo(m_source->path()).absoluteFilePath() == m_trace;
}

QString RunSession::stateSentence() const {
    switch (m_engine.state()) {
    case EngineProcess::State::Ended:
        return withoutEngine();
    case EngineProcess::State::Starting:
        return tr("engine starting");
    case EngineProcess::State::Ready:
        break;
    }
    if (m_engine.hung())
        return tr("engine does not answer");
    const QLocale locale(QLocale::English);
    if (m_running)
        return tr("engine computing step %1 · %2 steps")
            .arg(locale.toString(m_engine.recordedSteps()), locale.toString(m_steps));
    return m_run ? tr("engine paused · %1 of %2 steps recorded")
                       .arg(locale.toString(m_engine.recordedSteps()), locale.toString(m_steps))
                 : tr("engine at rest");
}

bool RunSession::holds(int run) const {
    return m_held != 0 && run == m_held && m_engine.state() == EngineProcess::State::Ready &&
           m_source->isOpen() && QFileInfo(m_source->path()).absoluteFilePath() == m_trace;
}

// Whoever records a trace holds a lock beside it, which names him; it stays where he is killed.
QString RunSession::withoutEngine() const {
    if (!m_source->isOpen())
        return tr("no engine");
    const RunInfo& newest = m_source->runs().back();
    qint64 process = 0;
    QString host, program;
    if (newest.finished || !newest.ended.isEmpty() ||
        !QLockFile(m_source->path() + QStringLiteral(".lock"))
             .getLockInfo(&process, &host, &program))
        return tr("no engine · a recorded trace");
    if (!recordingProcess(m_source->path()))
        return tr("no engine · the recorder of run %1 was killed").arg(newest.run);
    return tr("no engine here · %1, process %2 on %3, records this trace")
        .arg(program)
        .arg(process)
        .arg(host);
}

void RunSession::step() {
    own(m_engine.step());
}
void RunSession::runOn() {
    own(m_engine.runToEnd());
}
void RunSession::runToStep(int step) {
    own(m_engine.runToStep(step));
}

void RunSession::runToEviction(int position, int layer, int head) {
    own(m_engine.runToEviction(position, layer, head));
}

void RunSession::pause() {
    if (m_engine.runInProgress())
        own(m_engine.pause());
}

void RunSession::stop() {
    if (m_engine.runInProgress())
        own(m_engine.stopRun());
}

void RunSession::setSpeed(double stepsPerSecond) {
    if (m_engine.state() == EngineProcess::State::Ready)
        own(m_engine.setSpeed(stepsPerSecond));
}

void RunSession::setDrawing(bool drawing) {
    m_drawing = drawing;
    if (drawing)
        reread();
}

void RunSession::restartEngine() {
    m_engine.restart();
}

void RunSession::cancel() {
    m_wanted.reset();
    if (m_request != 0 && m_run == 0)
        m_engine.cancel(m_request);
    else
        pause();
    emit progressEnded();
}

void RunSession::finish() {
    m_finishing = true;
    m_wanted.reset();
    if (m_engine.state() == EngineProcess::State::Ended)
        QMetaObject::invokeMethod(this, &RunSession::finished, Qt::QueuedConnection);
    else
        m_engine.quit();
}

void RunSession::setRunning(bool running) {
    m_starting = false;
    m_running = running;
    emit changed();
}

void RunSession::reread() {
    m_source->refresh();
}

} // namespace attendre
