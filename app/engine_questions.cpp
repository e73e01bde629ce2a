#include "app/engine_questions.h"

#include "app/run_session.h"

namespace attendre {

EngineQuestions::EngineQuestions(Questions* questions, RunSession* session, TraceSource* source,
                                 QObject* parent)
    : QObject(parent), m_questions(questions), m_session(session), m_source(source) {
    questions->setObstacle([this](int run) { return obstacle(run); });
    connect(questions, &Questions::wanted, this, &EngineQuestions::ask);
    connect(session, &RunSession::changed, questions, &Questions::changed);
    EngineProcess* engine = session->engine();
    connect(questions, &Questions::stopWanted, engine, [this, engine] {
        if (m_request != 0)
            engine->cancel(m_request);
    });
    connect(engine, &EngineProcess::askStarted, this, [this](int request, int run) {
        if (request != m_request)
            return;
        m_source->refresh();
        emit m_questions->started(run);
    });
    connect(engine, &EngineProcess::answering, this,
            [this](int request, const QString& answer, int tokens) {
                if (request == m_request)
                    emit m_questions->answering(answer, tokens);
            });
    connect(engine, &EngineProcess::answered, this,
            [this](int request, const EngineProcess::Answer& answer) {
                if (request != m_request)
                    return;
                end();
                m_source->refresh();
                emit m_questions->answered(answer.run);
            });
    connect(engine, &EngineProcess::requestFailed, this,
            [this](int request, const QString& sentence) {
                if (request != m_request)
                    return;
                end();
                emit m_questions->failed(sentence);
            });
    connect(engine, &EngineProcess::requestDropped, this, [this](int request) {
        if (request != m_request)
            return;
        end();
        m_source->refresh();
        emit m_questions->failed(tr("The question was stopped; what was answered until then is in "
                                    "the trace."));
    });
}

QString EngineQuestions::obstacle(int run) const {
    if (m_session->holds(run))
        return {};
    return tr("A question needs the engine's memory of this run: it holds the run that it reads or "
              "has read last. Record run %1 anew (Ctrl+N) to ask it.")
        .arg(run);
}

void EngineQuestions::ask(const Question& question) {
    EngineProcess::AskRequest request;
    request.run = question.run;
    request.step = question.step;
    request.question = question.text;
    request.promptTemplate = question.promptTemplate;
    request.mostAnswerTokens = question.mostTokens;
    request.temperature = question.temperature;
    m_request = m_session->engine()->ask(request);
    m_questions->setUnderWay(true);
}

void EngineQuestions::end() {
    m_request = 0;
    m_questions->setUnderWay(false);
}

} // namespace attendre
