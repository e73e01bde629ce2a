#pragma once

#include "app/engine_process.h"
#include "widgets/questions.h"
#include "widgets/trace_source.h"

namespace attendre {

class RunSession;

// Takes the window's questions to the engine that holds the run, one at a time, and tells what
// becomes of them.
class EngineQuestions : public QObject {
    Q_OBJECT
  public:
    EngineQuestions(Questions* questions, RunSession* session, TraceSource* source,
                    QObject* parent = nullptr);

  private:
    QString obstacle(int run) const;
    void ask(const Question& question);
    void end();

    Questions* m_questions;
    RunSession* m_session;
    TraceSource* m_source;
    int m_request = 0; // under way; 0: none
};

} // namespace attendre
