#pragma once

#include "model/engine/asking.h"
#include "model/engine/checkpoints.h"
#include "model/engine/open_model.h"
#include "model/engine/run_input.h"
#include "model/trace/recorder.h"
#include "model/trace/values.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace attendre {

// What a person asks for when a run is to be recorded.
struct RecordingRequest {
    QString model, document, trace;
    Configuration configuration;
    QString label;
    bool append = false, overwrite = false;
    std::vector<PromptToken> before; // read before the document
    qint64 checkpointBudget = 0;     // bytes that kept states may take; 0: none are kept
};
// The exact command that makes this recording, quoted for a shell.
QString recordCommand(const RecordingRequest& request);
// The command that reads what run says and asks it the same; trace: where both runs go.
QString askCommand(const RunInfo& run, const AskRequest& request, const QString& trace);

// Bytes that kept states may take where a run may be asked.
constexpr qint64 checkpointBudget = qint64(512) << 20;

// One run from document to trace: the network computes the steps, the recorder writes them. step()
// and finish() belong to one thread; the callbacks come from the recorder's. Whatever fails, the
// steps recorded before stay in a valid trace.
class Recording {
  public:
    // Errors: what the document, the configuration, the network or the recorder refuses.
    static Result<std::unique_ptr<Recording>> start(const RecordingRequest& request,
                                                    OpenModel& model,
                                                    const TokenizedDocument& document,
                                                    const Stage& stage, const Cancel& cancel);
    // The run in which question is asked of this one as it stood after so many steps (and before it
    // had read anything that only ends its input): from the run itself, a checkpoint, or computed
    // again. It is recorded into the same trace, while this one rests. request: for the label and
    // the command. Errors: as start() and Pipeline::ask(), cancelled.
    Result<std::unique_ptr<Recording>> ask(int steps, const AskRequest& request, Question question,
                                           const Stage& stage, const Cancel& cancel) const;
    // Closes the trace if finish() has not.
    ~Recording();

    const RunInfo& info() const { return m_info; } // with its number in the file
    const QString& trace() const { return m_trace; }
    int stepsDone() const { return m_pipeline->stepsDone(); } // computed; some may still be queued
    int stepsTotal() const { return m_pipeline->stepsTotal(); }
    bool complete() const { return m_pipeline->finished(); }
    int tokensRead() const { return m_pipeline->tokensRead(); }
    int documentEnd() const { return m_documentEnd; }
    // Null of a run that does not ask.
    const AnswerSoFar* answer() const { return m_pipeline->answer(); }
    // What is kept of the run's states, so that it can be asked at earlier steps.
    const Checkpoints& checkpoints() const { return m_checkpoints; }

    // Called on the recorder's thread after a step was committed, with its computing time.
    void onCommitted(std::function<void(int step, double milliseconds)> callback);

    // Computes one step and queues it. The evictions of position (in layer and head, -1: any) are
    // returned where position is asked for. Errors: out of memory, a device's fault, a full disk.
    Result<std::vector<EvictionNotice>> step(int position = noPosition, int layer = -1,
                                             int head = -1);
    // Waits until what was computed is in the trace.
    Result<void> drain();
    int recorded() const; // steps in the trace

    // Closes the trace. reason: why the run stopped before the input's end; empty if it did not.
    Result<void> finish(const QString& reason = QString());

  private:
    Recording() = default;
    Result<void> begin(std::shared_ptr<Network> network, RunInput input,
                       const RecordingRequest& request);
    Result<void> open(RecorderOptions options, std::vector<TokenInfo> tokens);
    Result<std::unique_ptr<Pipeline>> stateAfter(int steps, const Stage& stage,
                                                 const Cancel& cancel) const;
    void committed(int step);
    void failed(const Error& error);

    QString m_trace;
    RunInfo m_info;
    std::shared_ptr<Network> m_network; // outlives its pipeline
    std::unique_ptr<Pipeline> m_pipeline;
    std::unique_ptr<Recorder> m_recorder;
    bool m_finished = false;

    // What a run that asks this one begins with.
    std::shared_ptr<const Tokenizer> m_tokenizer;
    Configuration m_asked;
    std::vector<std::int32_t> m_ids;
    std::vector<TokenInfo> m_tokens;
    StepWants m_wants;
    int m_documentEnd = 0;
    Checkpoints m_checkpoints{0};

    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    int m_queued = 0, m_recorded = 0;
    std::vector<float> m_milliseconds; // of each step computed
    std::optional<Error> m_failure;    // the recorder's
    std::function<void(int, double)> m_onCommitted;
};

} // namespace attendre
