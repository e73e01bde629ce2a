#include "app/engine_process.h"

#include "model/trace/recording_process.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include <csignal>

namespace attendre {

EngineProcess::EngineProcess(QObject* parent) : QObject(parent) {
    qRegisterMetaType<Hello>();
    m_program = QDir(QCoreApplication::applicationDirPath()).filePath("attendre");
    m_arguments = QStringList{"serve"};
    m_watch.setInterval(250);
    connect(&m_watch, &QTimer::timeout, this, &EngineProcess::watch);
}

EngineProcess::~EngineProcess() {
    if (!m_process)
        return;
    // Nobody is left to hear what becomes of it. The closed input is its end as well: it closes
    // the trace by itself, in its own time.
    m_process->disconnect(this);
    m_process->closeWriteChannel();
    if (!m_process->waitForFinished(2000))
        m_process->kill();
    m_process->waitForFinished(1000);
}

void EngineProcess::setCommand(const QString& program, const QStringList& arguments) {
    m_program = program;
    m_arguments = arguments;
}

void EngineProcess::setTimeouts(int hangMilliseconds, int startMilliseconds) {
    m_hangMilliseconds = hangMilliseconds;
    m_startMilliseconds = startMilliseconds;
}

void EngineProcess::setState(State state) {
    if (m_state == state)
        return;
    m_state = state;
    emit stateChanged();
}

void EngineProcess::start() {
    if (m_process)
        return;
    m_reader = MessageReader(true);
    m_hello = Hello();
    m_errorLine.clear();
    m_lastError.clear();
    m_hung = m_quitting = m_restarting = false;
    m_process = new QProcess(this);
    connect(m_process, &QProcess::readyReadStandardOutput, this, &EngineProcess::readOutput);
    connect(m_process, &QProcess::readyReadStandardError, this, &EngineProcess::readErrors);
    connect(m_process, &QProcess::errorOccurred, this, &EngineProcess::processFailed);
    connect(m_process, &QProcess::finished, this, &EngineProcess::processFinished);
    setState(State::Starting);
    m_heard.start();
    m_watch.start();
    m_process->start(m_program, m_arguments);
}

void EngineProcess::restart() {
    if (!m_process) {
        start();
        return;
    }
    m_restarting = true;
    m_process->kill();
}

void EngineProcess::kill() {
    if (m_process) {
        m_quitting = true;
        m_process->kill();
    }
}

void EngineProcess::quit(int graceMilliseconds) {
    if (!m_process)
        return;
    if (m_state == State::Ready)
        send("quit");
    m_quitting = true;
    m_process->closeWriteChannel();
    QPointer<QProcess> process = m_process;
    QTimer::singleShot(graceMilliseconds, this, [process] {
        if (process)
            process->kill();
    });
}

// --- what the engine says

void EngineProcess::readOutput() {
    m_heard.restart();
    m_reader.append(m_process->readAllStandardOutput());
    while (m_process) {
        std::optional<Result<Message>> message = m_reader.next();
        const QByteArray skipped = m_reader.takeSkipped();
        if (!skipped.isEmpty())
            emit logged(QString::fromUtf8(skipped).trimmed());
        if (!message)
            break;
        if (message->ok())
            handle(message->value());
        else
            emit logged(message->error().sentence);
    }
}

void EngineProcess::readErrors() {
    m_errorLine += m_process->readAllStandardError();
    qsizetype end = 0;
    while ((end = m_errorLine.indexOf('\n')) >= 0) {
        const QString line = QString::fromUtf8(m_errorLine.left(end)).trimmed();
        m_errorLine.remove(0, end + 1);
        if (line.isEmpty())
            continue;
        m_lastError = line;
        emit logged(line);
    }
}

void EngineProcess::handle(const Message& message) {
    if (m_hung) {
        m_hung = false;
        emit engineAnswers();
    }
    // Notices first: one of progress names the request that it belongs to as its reply.
    if (message.header.contains("notice"))
        handleNotice(message.header["notice"].toString(), message.header);
    else
        handleReply(message.header);
}

void EngineProcess::handleReply(const QJsonObject& reply) {
    const int id = reply["reply"].toInt();
    const QString request = m_pending.take(id);
    if (!reply["ok"].toBool()) {
        if (reply["replaced"].toBool() || reply["cancelled"].toBool())
            emit requestDropped(id);
        else
            emit requestFailed(id, reply["error"].toString());
        return;
    }
    if (request == "load") {
        emit modelLoaded(id, modelSummaryFromJson(reply["model"].toObject()));
    } else if (request == "tokenize") {
        emit documentTokenized(id, reply["tokens"].toInteger(), reply["hash"].toString());
    } else if (request == "check") {
        const QJsonObject memory = reply["memory"].toObject();
        Check check;
        check.tokens = reply["tokens"].toInteger();
        check.steps = reply["steps"].toInt();
        check.resolved = resolvedFromJson(reply["resolved"].toObject());
        for (const QJsonValue& notice : reply["notices"].toArray())
            check.notices << notice.toString();
        check.weights = memory["weights"].toInteger();
        check.keyValue = memory["keyValue"].toInteger();
        check.working = memory["working"].toInteger();
        check.total = memory["total"].toInteger();
        check.available = memory["available"].toInteger(-1);
        check.command = reply["command"].toString();
        emit checked(id, check);
    } else if (request == "ask") {
        handleAnswer(id, reply);
    }
}

void EngineProcess::handleAnswer(int id, const QJsonObject& reply) {
    Answer answer{reply["run"].toInt(),
                  reply["parent"].toInt(),
                  reply["parentStep"].toInt(),
                  reply["answer"].toString(),
                  reply["template"].toString(),
                  reply["command"].toString(),
                  {}};
    const QJsonArray ids = reply["ids"].toArray(), top = reply["top"].toArray();
    for (qsizetype i = 0; i < ids.size(); ++i) {
        Answer::Token token{ids[i].toInt(), {}};
        for (const QJsonValue& pair : top[i].toArray())
            token.likeliest.push_back({pair[0].toInt(), pair[1].toDouble()});
        answer.tokens.push_back(std::move(token));
    }
    emit answered(id, answer);
}

void EngineProcess::handleNotice(const QString& name, const QJsonObject& notice) {
    if (name == "hello")
        handleHello(notice);
    else if (name == "progress")
        emit progress(notice["request"].toInt(), notice["what"].toString(),
                      notice["done"].toInteger(), notice["total"].toInteger());
    else if (name == "askStarted")
        emit askStarted(notice["request"].toInt(), notice["run"].toInt());
    else if (name == "answering")
        emit answering(notice["request"].toInt(), notice["answer"].toString(),
                       notice["tokens"].toInt());
    else if (name == "log")
        emit logged(notice["text"].toString());
    else if (name == "protocolError")
        emit logged(notice["error"].toString());
    else
        handleRunNotice(name, notice);
}

void EngineProcess::handleHello(const QJsonObject& hello) {
    if (hello["protocol"].toInt() != protocolVersion) {
        emit logged(tr("The engine %1 speaks protocol %2, this window protocol %3: install the "
                       "same version on both sides.")
                        .arg(m_program)
                        .arg(hello["protocol"].toInt())
                        .arg(protocolVersion));
        m_lastError = tr("it speaks protocol %1, this window protocol %2: install the same version "
                         "on both sides")
                          .arg(hello["protocol"].toInt())
                          .arg(protocolVersion);
        m_process->kill();
        return;
    }
    m_hello.version = hello["version"].toString();
    m_hello.build = hello["build"].toString();
    m_hello.engineError = hello["engineError"].toString();
    for (const QJsonValue& option : hello["options"].toArray())
        m_hello.options.push_back(optionFromJson(option.toObject()));
    for (const QJsonValue& policy : hello["policies"].toArray())
        m_hello.policies.push_back(policyFromJson(policy.toObject()));
    for (const QJsonValue& preset : hello["presets"].toArray())
        m_hello.presets.push_back(presetFromJson(preset.toObject()));
    setState(State::Ready);
    emit ready(m_hello);
}

void EngineProcess::handleRunNotice(const QString& name, const QJsonObject& notice) {
    const int run = notice["run"].toInt();
    if (name == "runStarted") {
        m_run = run;
        m_recorded = 0;
        emit runStarted({notice["trace"].toString(), notice["uuid"].toString(), run,
                         notice["steps"].toInt(), notice["tokens"].toInteger()});
    } else if (name == "stepRecorded") {
        m_recorded = notice["step"].toInt() + 1;
        emit stepRecorded(run, notice["step"].toInt());
    } else if (name == "running") {
        emit running(run);
    } else if (name == "paused") {
        Paused paused{run, notice["recorded"].toInt(), notice["reason"].toString(), {}, {}};
        m_recorded = paused.recorded;
        for (const QJsonValue& value : notice["evictions"].toArray()) {
            const QJsonObject e = value.toObject();
            paused.evictions.push_back({e["layer"].toInt(), e["head"].toInt(), e["slot"].toInt(),
                                        e["position"].toInt(), e["step"].toInt()});
        }
        for (const QJsonValue& value : notice["hits"].toArray()) {
            const QJsonObject hit = value.toObject();
            paused.hits.push_back({hit["breakpoint"].toInt(),
                                   hit["step"].toInt(),
                                   hit["layer"].toInt(-1),
                                   hit["head"].toInt(-1),
                                   hit["position"].toInt(noPosition),
                                   {}});
        }
        emit this->paused(paused);
    } else if (name == "runFinished") {
        m_run = 0;
        m_recorded = notice["recorded"].toInt();
        emit runFinished(run, m_recorded, notice["reason"].toString());
    } else if (name == "runFailed") {
        m_run = 0;
        m_recorded = notice["recorded"].toInt();
        emit runFailed(run, notice["error"].toString());
    }
}

// --- an engine that says nothing, and one that has ended

void EngineProcess::watch() {
    if (!m_process)
        return;
    if (m_state == State::Starting && m_heard.hasExpired(m_startMilliseconds)) {
        m_lastError = tr("it has not said hello for %1 s").arg(m_startMilliseconds / 1000);
        m_process->kill();
    } else if (m_state == State::Ready && !m_hung && m_heard.hasExpired(m_hangMilliseconds)) {
        m_hung = true;
        emit engineHung(tr("The engine has not answered for %1 s: wait, or start it anew.%2")
                            .arg(m_hangMilliseconds / 1000)
                            .arg(m_run ? tr(" That ends this run; its %1 steps recorded so far "
                                            "are safe in the trace.")
                                             .arg(m_recorded)
                                       : QString()));
    }
}

void EngineProcess::processFailed(QProcess::ProcessError error) {
    if (error != QProcess::FailedToStart)
        return; // finished() follows
    end(tr("The engine %1 did not start (%2): build or install the program whole, with `attendre` "
           "beside the window.")
            .arg(m_program, m_process->errorString()));
}

void EngineProcess::processFinished(int exitCode, QProcess::ExitStatus status) {
    readOutput();
    readErrors();
    if (!m_errorLine.trimmed().isEmpty()) {
        m_lastError = QString::fromUtf8(m_errorLine).trimmed();
        emit logged(m_lastError);
    }
    end(exitSentence(exitCode, status));
}

// What a run leaves behind whose engine is gone, and what can be done.
QString EngineProcess::keptSentence() const {
    return tr("The %1 steps recorded so far are safe in the trace; this run cannot be continued, "
              "only recorded again from its start.")
        .arg(m_recorded);
}

QString EngineProcess::exitSentence(int exitCode, QProcess::ExitStatus status) const {
    if (m_quitting)
        return {};
    const QString then = m_run ? keptSentence() : tr("Start it anew.");
    const QString why = m_lastError.isEmpty() ? QString() : tr(" It said: %1.").arg(m_lastError);
    if (m_state == State::Starting)
        return tr("The engine %1 ended before it was ready (%2).%3 Run it in a terminal to see "
                  "more.")
            .arg(m_program,
                 status == QProcess::CrashExit ? tr("signal %1").arg(exitCode)
                                               : tr("exit code %1").arg(exitCode),
                 why);
    if (status == QProcess::NormalExit && exitCode == 0)
        return tr("The engine has exited. %1").arg(then);
    if (status == QProcess::NormalExit)
        return tr("The engine exited with code %1.%2 %3").arg(exitCode).arg(why, then);
    if (exitCode == SIGKILL)
        return tr("The engine was killed; where the machine ran out of memory, choose a smaller "
                  "memory M or a smaller model. %1")
            .arg(then);
    return tr("The engine crashed (signal %1).%2 %3").arg(exitCode).arg(why, then);
}

void EngineProcess::end(const QString& reason) {
    const bool again = m_restarting;
    const int run = std::exchange(m_run, 0);
    const QHash<int, QString> pending = std::exchange(m_pending, {});
    m_watch.stop();
    m_process->disconnect(this);
    m_process->deleteLater();
    m_process = nullptr;
    m_hung = m_quitting = m_restarting = false;
    setState(State::Ended);
    for (auto it = pending.begin(); it != pending.end(); ++it)
        emit requestDropped(it.key());
    const QString told = again ? QString() : reason;
    if (run)
        emit runFailed(run,
                       told.isEmpty() ? tr("The engine was ended. %1").arg(keptSentence()) : told);
    emit engineEnded(told);
    if (again)
        start();
}

Result<void> tracePlace(const EngineProcess& engine, const QString& trace, bool append,
                        bool overwrite) {
    const auto process = append ? recordingProcess(trace) : std::nullopt;
    if (process && process->host.isEmpty() && process->id == engine.processId())
        return {};
    return checkTracePlace(trace, append, overwrite);
}

} // namespace attendre
