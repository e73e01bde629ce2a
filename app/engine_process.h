#pragma once

#include "model/analysis/breakpoint_scan.h"
#include "model/engine/protocol.h"

#include <QElapsedTimer>
#include <QHash>
#include <QObject>
#include <QPointer>
#include <QProcess>
#include <QTimer>

#include <optional>

namespace attendre {

// The engine as a child process, seen from the window: docs/protocol.md spoken by a client that
// never blocks. Requests return their id at once (0 where no engine is ready: requestFailed follows
// from the event loop); what they lead to comes as signals. One instance can be started again after
// the engine has ended.
class EngineProcess : public QObject {
    Q_OBJECT
  public:
    enum class State { Ended, Starting, Ready };

    // The engine's hello.
    struct Hello {
        QString version, build;
        QString engineError; // why nothing can be recorded; empty when all is well
        std::vector<OptionDefinition> options;
        std::vector<PolicyDescription> policies;
        std::vector<Preset> presets;
    };
    // What check() answers: what a configuration comes to.
    struct Check {
        qint64 tokens = 0; // T, BOS included
        int steps = 0;
        ResolvedConfiguration resolved; // asked is not filled in
        QStringList notices;
        qint64 weights = 0, keyValue = 0, working = 0, total = 0; // bytes needed
        qint64 available = -1; // bytes free on the engine's machine; -1: unknown
        QString command;
    };
    struct RunRequest {
        QString model, document;
        QString trace; // the file to write; may be empty in check()
        Configuration configuration;
        QString label;
        qint64 tokens = 0; // in check(): T while no document is chosen
        bool append = false, overwrite = false;
        std::optional<int> pauseAfter; // steps; unset: run to the end
    };
    struct RunStarted {
        QString trace, uuid;
        int run = 0, steps = 0;
        qint64 tokens = 0;
    };
    struct Paused {
        int run = 0, recorded = 0;
        QString reason; // "asked", "goal", "evicted" or "breakpoint"
        std::vector<EvictionNotice> evictions;
        std::vector<BreakpointHit> hits; // of breakpoints, without their values
    };

    // A question to the run in progress, or to the one that ended last.
    struct AskRequest {
        int run = 0;             // the run that is meant; 0: whichever the engine holds
        std::optional<int> step; // after which step; unset: the last computed
        QString question;        // may be empty
        QString promptTemplate;  // {document} and {question}; empty: what fits the model
        int mostAnswerTokens = 64;
        double temperature = 0; // 0: the likeliest tokens
        quint64 seed = 0;
    };
    struct Answer {
        int run = 0, parent = 0, parentStep = -1; // the asking run in the trace
        QString text, promptTemplate, command;
        struct Token {
            int id = 0;
            std::vector<std::pair<int, double>> likeliest; // ids and natural logarithms
        };
        std::vector<Token> tokens;
    };

    explicit EngineProcess(QObject* parent = nullptr);
    ~EngineProcess() override;

    // By default the `attendre` beside this program, with "serve"; "ssh" with {"box", "attendre",
    // "serve"} is an engine elsewhere.
    void setCommand(const QString& program, const QStringList& arguments);
    // How long without a heartbeat until engineHung, and how long a start may take.
    void setTimeouts(int hangMilliseconds, int startMilliseconds);

    State state() const { return m_state; }
    const Hello& hello() const { return m_hello; }
    bool hung() const { return m_hung; } // engineHung was the last that was heard of it
    bool runInProgress() const { return m_run != 0; }
    int run() const { return m_run; }                // 0: none
    int recordedSteps() const { return m_recorded; } // of the run in progress or the last one
    qint64 processId() const { return m_process ? m_process->processId() : 0; }

  public slots:
    void start();
    // Ends a hung or unwanted engine at once and starts another.
    void restart();
    // Asks the engine to close its trace and exit; after graceMilliseconds it is killed. Returns at
    // once; engineEnded follows.
    void quit(int graceMilliseconds = 10000);
    // Ends the engine at once.
    void kill();

  public:
    int load(const QString& model, const QString& tag = "load");
    int tokenize(const QString& model, const QString& document, const QString& tag = "tokenize");
    int check(const RunRequest& request, const QString& tag = "check");
    int record(const RunRequest& request);
    int step(int count = 1);
    int runToEnd();
    int runToStep(int step);
    // layer and head: -1 for any.
    int runToEviction(int position, int layer = -1, int head = -1);
    // Of the run in progress, in place of those before.
    int setBreakpoints(const std::vector<Breakpoint>& breakpoints);
    int pause();
    int setSpeed(double stepsPerSecond); // 0: as fast as it goes
    int stopRun();
    int ask(const AskRequest& request);
    int cancel(int request);

  signals:
    void ready(const attendre::EngineProcess::Hello& hello);
    void modelLoaded(int request, const attendre::ModelSummary& model);
    void documentTokenized(int request, qint64 tokens, const QString& hash);
    void checked(int request, const attendre::EngineProcess::Check& check);
    // replaced or cancelled requests end without a sentence to show.
    void requestFailed(int request, const QString& sentence);
    void requestDropped(int request);
    void runStarted(const attendre::EngineProcess::RunStarted& run);
    // All steps up to this one are in the trace.
    void stepRecorded(int run, int step);
    void running(int run);
    void paused(const attendre::EngineProcess::Paused& paused);
    // An asking run is being recorded beside the run that it asks, which stays as it is.
    void askStarted(int request, int run);
    void answering(int request, const QString& answer, int tokens); // so far
    void answered(int request, const attendre::EngineProcess::Answer& answer);
    // reason is empty when the input's end was reached.
    void runFinished(int run, int recorded, const QString& reason);
    void runFailed(int run, const QString& sentence);
    void progress(int request, const QString& what, qint64 done, qint64 total);
    void logged(const QString& line);
    // No heartbeat: offer restart() or waiting. engineAnswers follows if it comes back.
    void engineHung(const QString& sentence);
    void engineAnswers();
    // reason is empty after quit(); otherwise a sentence: what happened, what to do.
    void engineEnded(const QString& reason);
    void stateChanged();

  private:
    int send(const QString& request, const QJsonObject& members = {}, const QString& tag = {});
    void readOutput();
    void readErrors();
    void handle(const Message& message);
    void handleReply(const QJsonObject& reply);
    void handleNotice(const QString& name, const QJsonObject& notice);
    void handleHello(const QJsonObject& hello);
    void handleAnswer(int id, const QJsonObject& reply);
    void handleRunNotice(const QString& name, const QJsonObject& notice);
    void watch();
    void processFailed(QProcess::ProcessError error);
    void processFinished(int exitCode, QProcess::ExitStatus status);
    void end(const QString& reason);
    QString keptSentence() const;
    QString exitSentence(int exitCode, QProcess::ExitStatus status) const;
    void setState(State state);

    QString m_program;
    QStringList m_arguments;
    QProcess* m_process = nullptr;
    MessageReader m_reader{true};
    Hello m_hello;
    State m_state = State::Ended;
    QHash<int, QString> m_pending; // id -> the request's name
    int m_nextId = 1;
    int m_run = 0, m_recorded = 0;
    QElapsedTimer m_heard;
    QTimer m_watch;
    QByteArray m_errorLine;
    QString m_lastError; // the last line on standard error: often says why a process died
    int m_hangMilliseconds = 10000, m_startMilliseconds = 60000;
    bool m_hung = false, m_quitting = false, m_restarting = false;
};

// Whether a run can be written there, as checkTracePlace() has it; but the run that this engine has
// in hand is no obstacle, since it ends before another begins.
Result<void> tracePlace(const EngineProcess& engine, const QString& trace, bool append,
                        bool overwrite);

} // namespace attendre

Q_DECLARE_METATYPE(attendre::EngineProcess::Hello)
Q_DECLARE_METATYPE(attendre::EngineProcess::Answer)
