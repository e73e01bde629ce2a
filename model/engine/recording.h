#pragma once

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
};
// The exact command that makes this recording, quoted for a shell.
QString recordCommand(const RecordingRequest& request);

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
    // Closes the trace if finish() has not.
    ~Recording();

    const RunInfo& info() const { return m_info; } // with its number in the file
    const QString& trace() const { return m_trace; }
    int stepsDone() const { return m_pipeline->stepsDone(); } // computed; some may still be queued
    int stepsTotal() const { return m_pipeline->stepsTotal(); }
    bool complete() const { return m_pipeline->finished(); }

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
                       std::shared_ptr<const Tokenizer> tokenizer, const RecordingRequest& request);
    void committed(int step);
    void failed(const Error& error);

    QString m_trace;
    RunInfo m_info;
    std::shared_ptr<Network> m_network; // outlives its pipeline
    std::unique_ptr<Pipeline> m_pipeline;
    std::unique_ptr<Recorder> m_recorder;
    bool m_finished = false;

    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    int m_queued = 0, m_recorded = 0;
    std::vector<float> m_milliseconds; // of each step computed
    std::optional<Error> m_failure;    // the recorder's
    std::function<void(int, double)> m_onCommitted;
};

} // namespace attendre
