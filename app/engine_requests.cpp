// What the window asks of the engine, in the words of docs/protocol.md.
#include "app/engine_process.h"

namespace attendre {

int EngineProcess::send(const QString& request, const QJsonObject& members, const QString& tag) {
    const int id = m_nextId++;
    if (m_state != State::Ready || m_quitting) {
        QMetaObject::invokeMethod(
            this,
            [this, id] { emit requestFailed(id, tr("The engine is not running: start it anew.")); },
            Qt::QueuedConnection);
        return id;
    }
    QJsonObject all = members;
    all["id"] = id;
    if (!tag.isEmpty())
        all["tag"] = tag;
    m_pending.insert(id, request);
    m_process->write(encodeMessage("request", request, all));
    return id;
}

int EngineProcess::load(const QString& model, const QString& tag) {
    return send("load", {{"model", model}}, tag);
}

int EngineProcess::tokenize(const QString& model, const QString& document, const QString& tag) {
    return send("tokenize", {{"model", model}, {"document", document}}, tag);
}

int EngineProcess::check(const RunRequest& request, const QString& tag) {
    QJsonObject members{{"model", request.model},
                        {"configuration", toJson(request.configuration, false)}};
    if (request.document.isEmpty())
        members["tokens"] = request.tokens;
    else
        members["document"] = request.document;
    if (!request.trace.isEmpty())
        members["trace"] = request.trace;
    return send("check", members, tag);
}

int EngineProcess::record(const RunRequest& request) {
    QJsonObject members{
        {"model", request.model},   {"document", request.document},
        {"trace", request.trace},   {"configuration", toJson(request.configuration, false)},
        {"append", request.append}, {"overwrite", request.overwrite}};
    if (!request.label.isEmpty())
        members["label"] = request.label;
    if (request.pauseAfter)
        members["pauseAfter"] = *request.pauseAfter;
    return send("record", members);
}

int EngineProcess::step(int count) {
    return send("step", {{"count", count}});
}

int EngineProcess::runToEnd() {
    return send("run");
}

int EngineProcess::runToStep(int step) {
    return send("runToStep", {{"step", step}});
}

int EngineProcess::runToEviction(int position, int layer, int head) {
    QJsonObject members{{"position", position}};
    if (layer >= 0)
        members["layer"] = layer;
    if (head >= 0)
        members["head"] = head;
    return send("runToEviction", members);
}

int EngineProcess::pause() {
    return send("pause");
}

int EngineProcess::setSpeed(double stepsPerSecond) {
    return send("speed", {{"stepsPerSecond", stepsPerSecond}});
}

int EngineProcess::stopRun() {
    return send("stop");
}

int EngineProcess::ask(const AskRequest& request) {
    QJsonObject members{{"question", request.question},
                        {"maxAnswerTokens", request.mostAnswerTokens},
                        {"temperature", request.temperature},
                        {"seed", qint64(request.seed)}};
    if (request.run > 0)
        members["run"] = request.run;
    if (request.step)
        members["step"] = *request.step;
    if (!request.promptTemplate.isEmpty())
        members["template"] = request.promptTemplate;
    return send("ask", members);
}

int EngineProcess::cancel(int request) {
    return send("cancel", {{"cancel", request}});
}

int EngineProcess::setBreakpoints(const std::vector<Breakpoint>& breakpoints) {
    QJsonArray list;
    for (const Breakpoint& one : breakpoints)
        list << attendre::toJson(one);
    return send("breakpoints", {{"breakpoints", list}});
}

} // namespace attendre
