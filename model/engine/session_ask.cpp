// A session's questions: asked of the run in progress, or of the one that ended last.
#include "model/engine/session.h"

namespace attendre {

namespace {

// Nothing is guessed: a question that is missing would be recorded as one.
Result<AskRequest> askRequest(const QJsonObject& members) {
    if (!members["question"].isString())
        return Error{
            QString("The request ask has %1: send the member \"question\" with a text, "
                    "which may be empty.")
                .arg(members.contains("question") ? "a question that is no text" : "no question"),
            2};
    AskRequest request;
    request.question = members["question"].toString();
    request.promptTemplate = members["template"].toString();
    request.mostAnswerTokens = members["maxAnswerTokens"].toInt(request.mostAnswerTokens);
    request.temperature = members["temperature"].toDouble();
    request.seed = quint64(members["seed"].toInteger());
    return request;
}

} // namespace

// Steps the asking run to its end; tells each token as it comes.
Result<void> Session::answerWith(Recording& asking, const Request& request) {
    const qint64 id = request.id;
    const RunInfo& info = asking.info();
    m_outbox.notice("askStarted", {{"request", id},
                                   {"trace", asking.trace()},
                                   {"run", info.run},
                                   {"uuid", info.uuid},
                                   {"parent", info.parent},
                                   {"parentStep", info.parentStep}});
    std::size_t told = 0;
    while (!asking.complete()) {
        if (m_activeCancel.requested())
            return Error{"The question was cancelled: what was answered so far is recorded."};
        if (auto step = asking.step(); !step)
            return step.error();
        const AnswerSoFar& answer = *asking.answer();
        if (answer.ids.size() == told)
            continue;
        told = answer.ids.size();
        m_outbox.notice("answering",
                        {{"request", id},
                         {"run", info.run},
                         {"tokens", int(told)},
                         {"answer", QString::fromUtf8(m_model->tokenizer().decode(answer.ids))}},
                        QString("answering %1").arg(id));
    }
    return {};
}

Session::Answer Session::ask(const Request& request) {
    auto read = askRequest(request.members);
    if (!read)
        return read.error();
    Recording* asked = m_recording ? m_recording.get() : m_ended.get();
    if (!asked)
        return Error{"There is no run to ask: record one first.", 2};
    if (request.members["run"].isDouble() && request.members["run"].toInt() != asked->info().run)
        return Error{QString("The engine holds the memories of run %1, not of run %2: record that "
                             "one again to ask it.")
                         .arg(asked->info().run)
                         .arg(request.members["run"].toInt()),
                     2};
    if (auto drained = asked->drain(); !drained)
        return drained.error();
    AskRequest wanted = read.take();
    const QString& form = asked->info().configuration.asked.promptTemplate;
    if (wanted.promptTemplate.isEmpty())
        wanted.promptTemplate = form;
    auto prompt = makePrompt(wanted, m_model->description(), m_model->tokenizer());
    if (!prompt)
        return prompt.error();
    // What the template puts before the document was not read with it.
    if (!prompt->before.empty() && wanted.promptTemplate != form)
        m_outbox.notice("log", {{"text", "The run did not read what the template puts before the "
                                         "document: the question follows the document alone. "
                                         "Record it with --template to read both."}});
    const int steps = request.members["step"].toInt(asked->stepsDone() - 1) + 1;
    auto asking =
        asked->ask(steps, wanted, std::move(prompt->question), stageOf(request), m_activeCancel);
    if (!asking)
        return asking.error();
    auto answered = answerWith(**asking, request);
    const QString reason = answered ? QString() : answered.error().sentence;
    auto finished = (*asking)->finish(reason);
    const RunInfo& info = (*asking)->info();
    if (!answered || !finished)
        return answered ? finished.error() : answered.error();
    QJsonObject reply = answerToJson(*(*asking)->answer(), m_model->tokenizer());
    reply["run"] = info.run;
    reply["parent"] = info.parent;
    reply["parentStep"] = info.parentStep;
    reply["command"] = info.command;
    reply["template"] = prompt->promptTemplate.text();
    return reply;
}

} // namespace attendre
