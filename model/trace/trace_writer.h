#pragma once

#include "model/trace/layout.h"
#include "model/trace/recorder.h"
#include "model/trace/series.h"
#include "model/trace/step_frame.h"

#include <QLockFile>

#include <memory>
#include <set>
#include <vector>

namespace attendre {

// Gathers the entries that leave and writes them into position-major blocks, every layer once in
// a while, each at another step.
class LifeWriter {
  public:
    LifeWriter(Database& database, int run, int interval)
        : m_database(database), m_run(run), m_interval(interval) {}
    Result<void> add(const StepFrame& frame);
    Result<void> finish(int lastStep);

  private:
    Result<void> flush(int layer, int step);
    Result<void> insert(int layer, int head, int block, int step,
                        const std::vector<LeftEntry>& entries);

    Database& m_database;
    int m_run, m_interval;
    std::vector<std::vector<std::vector<LeftEntry>>> m_open; // [layer][head]
};

// Writes one run into a trace file. Lives on one thread at a time.
class TraceWriter {
  public:
    // As Recorder::open().
    static Result<std::unique_ptr<TraceWriter>> open(const QString& path, RunInfo run,
                                                     const std::vector<TokenInfo>& tokens,
                                                     const RecorderOptions& options);
    int run() const { return m_run.run; }
    FrameOptions frameOptions() const;

    // One transaction; after an error the file holds the steps before.
    Result<void> write(const StepFrame& frame);
    Result<void> finish(const QString& reason);

  private:
    TraceWriter() = default;
    static Result<void> checkTrace(const QString& path);
    Result<void> prepareFile(const QString& path);
    Result<void> begin(const std::vector<TokenInfo>& tokens);
    Result<void> addTokens(std::vector<TokenInfo> tokens);
    Result<void> writeTail();
    Result<void> insertLayer(int step, const LayerFrame& layer);
    Result<void> insertStep(const StepFrame& frame);
    Result<void> insertArchived(const StepFrame& frame);
    Result<void> insertWord(std::int32_t id, const QByteArray& text);
    Result<void> insertNext(const std::vector<NextToken>& next);
    Result<void> inTransaction(const std::function<Result<void>()>& work);
    Result<void> leaveWal();

    RecorderOptions m_options;
    RunInfo m_run;
    std::unique_ptr<QLockFile> m_lock;
    std::unique_ptr<Database> m_database;
    StepCount m_count;
    std::unique_ptr<SeriesWriter> m_series;
    std::unique_ptr<LifeWriter> m_lives;
    std::set<std::int32_t> m_words;
    std::vector<TokenInfo> m_tail; // the tokens of the last block, which may still grow
    qint64 m_tailBlock = 0;
    int m_steps = 0;
};

} // namespace attendre
