#pragma once

#include "model/trace/result.h"
#include "model/trace/step_record.h"
#include "model/trace/values.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace attendre {

struct RecorderOptions {
    bool append = false;       // add a run to an existing trace, under a lock
    bool overwrite = false;    // otherwise an existing file is refused
    bool beside = false;       // with append: another recorder of this process holds the lock and
                               // rests until this one has finished
    int queueLength = 4;       // steps in flight before add() waits: backpressure
    int keyframeInterval = 32; // steps from one keyframe to the next
    // The bytes of a token id, for the texts of likely next tokens that the input does not hold;
    // called on the writer thread. May be empty: such tokens then have no text in the trace.
    std::function<QByteArray(std::int32_t)> tokenBytes;
    // Where the run has an archive: how its scores are made.
    std::optional<ArchivedAttention> archive;
};

// Turns steps into a trace file (docs/trace-format.md). One writer thread of its own behind a
// bounded queue; one transaction a step. WAL while recording, a plain file after finish().
class Recorder {
  public:
    // Opens path and writes the run's row and its tokens. Errors: the folder is not writable, the
    // file exists, another run is being appended, the file is no trace or a newer one.
    static Result<std::unique_ptr<Recorder>> open(const QString& path, RunInfo run,
                                                  std::vector<TokenInfo> tokens,
                                                  RecorderOptions options = {});
    // Closes as finish("the recorder was dropped") does where finish() was not called.
    ~Recorder();

    int run() const; // the run's number in the file

    // Queues one step; waits while the queue is full. The first failure of the writer (a full
    // disk, say) is returned by every later call; what was written before stays valid.
    Result<void> add(StepRecord step);

    // Called on the writer thread after a step was committed.
    void onCommitted(std::function<void(int step)> callback);
    // Called on the writer thread when writing failed.
    void onFailed(std::function<void(Error)> callback);

    // Waits for the queue, writes the pyramids' ends and the open blocks, leaves WAL. reason:
    // empty when the run reached its end, else the sentence why it did not.
    Result<void> finish(const QString& reason = QString());

  private:
    class Private;
    explicit Recorder(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace attendre
