#pragma once

#include "model/trace/archive.h"
#include "model/trace/cancel.h"
#include "model/trace/result.h"
#include "model/trace/values.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace attendre {

struct StepInfo {
    int run = 0, step = 0;
    StepKind kind = StepKind::Chunk;
    std::int32_t firstPosition = 0, arrived = 0;
    double milliseconds = 0;
    double meanNll = std::numeric_limits<double>::quiet_NaN(); // of the tokens fed in this step
};

struct LayerStepInfo {
    int step = 0, layer = 0;
    std::int32_t firstPosition = 0, arrived = 0, firstAnswered = 0, answered = 0;
    std::int32_t waiting = 0, occupancy = 0, evicted = 0;
    std::int64_t tick = 0;
};

// One head in one step, in numbers small enough to be kept at every level of detail.
struct HeadStepInfo {
    int step = 0, layer = 0, head = 0;
    float hitRate = 0;       // hits of this step / (answered queries x residents)
    float sinkShare = 0;     // share of the step's mass on positions 0 to 3
    float recentShare = 0;   // ... on the C latest arrivals before this step, but for those
    float chunkShare = 0;    // ... on this step's own arrivals, but for positions 0 to 3
    float fifoAgreement = 1; // share of victims that FIFO would have evicted too; 1 without any
    std::int32_t evicted = 0;
    std::int32_t evictedNeverHit = 0;
    float meanAgeAtEviction = 0; // ticks
    SeenNumbers seen;            // NaN without an archive, and where no query was answered
};

// The memory of one layer and head at the end of a step. All vectors have M elements, indexed by
// slot; position is noPosition in a free slot.
struct HeadState {
    std::vector<std::int32_t> position;
    std::vector<std::int32_t> insertedStep;
    std::vector<double> rank;
    // Empty at summary detail between keyframes, but for the column that is the policy's rank.
    std::vector<std::uint32_t> lastTick, hits;
    std::vector<float> mass, massSquared, lastMass;
    bool columns() const { // all of them, not the rank's alone
        return !mass.empty() && !hits.empty() && !lastTick.empty() && !massSquared.empty() &&
               !lastMass.empty();
    }
};
struct LayerState {
    int run = 0, step = 0, layer = 0;
    std::vector<HeadState> heads;
};

struct Eviction {
    std::int32_t step = 0, layer = 0, head = 0, slot = 0;
    std::int32_t position = 0, insertedStep = 0;
    double rank = 0;                      // the rank that decided
    std::int32_t replacedBy = noPosition; // the position that took the slot
};

// One entry's stay in one layer and head.
struct Life {
    std::int32_t position = 0, slot = -1;
    std::int32_t insertedStep = -1; // -1: it has not arrived (yet)
    std::int32_t evictedStep = -1;  // -1: resident to the last recorded step
    bool hasUsage = false;          // the usage columns as they stood when it left
    Usage usage;
    double rank = 0;
};

struct AttendedEntry {
    std::int32_t position = noPosition;
    float weight = 0;
};
// One answered query: its top attended entries, largest first, and the mass of the others.
struct QueryAttention {
    std::int32_t queryPosition = 0;
    std::vector<AttendedEntry> top;
    float rest = 0;
};

// Minimum, maximum and mean of a series over a range: what a plot draws per pixel.
struct Extent {
    float minimum = 0, maximum = 0, mean = 0;
    std::int32_t count = 0; // 0: no value in the range
};

// Series over the steps of a run, kept as pyramids. layer and head are -1 where they do not apply.
enum class Series {
    Nll,
    Milliseconds,
    Occupancy,
    Evicted,
    HitRate,
    SinkShare,
    RecentShare,
    FifoAgreement,
    EvictedNeverHit,
    AgeAtEviction,
    // Of runs with an archive only.
    SeenCoverage,
    OutputError,
    CoverageBeyondSinks,
    OutputErrorBeyondSinks
};

// Whether the run has the series at all: the last four need an archive, and the errors one of
// values too; a replay has the coverage.
bool hasSeries(const RunInfo& run, Series series);

// Reads a trace, finished or still growing. Cheap to open; each instance belongs to one thread, and
// several may read one file. No transaction lives longer than one call.
class Reader {
  public:
    // Errors: no such file, not a trace, a newer version, a short copy (fewer steps than the
    // header counts).
    static Result<std::unique_ptr<Reader>> open(const QString& path);
    ~Reader();

    // From now on everything is answered as of this moment: what is recorded later is left out. No
    // transaction is held for it.
    Result<void> freeze();
    // Decodes the blocks of a run that are shown as they are: tokens, texts, nll, likely next
    // tokens, series. Errors: the first damaged one, a cancelled reading.
    Result<void> verify(int run, const Cancel& cancel);

    // The sentence that was said last of bytes that are not what was written, whatever became of
    // it; empty where none were met.
    QString damage() const;

    QString path() const;
    qint64 fileSize() const;
    int formatVersion() const;

    // Runs in order of their number; reread at every call, so a growing file shows new ones.
    Result<std::vector<RunInfo>> runs();
    Result<RunInfo> run(int run);
    // Committed steps.
    Result<int> stepCount(int run);

    Result<std::vector<StepInfo>> steps(int run, int first, int count);
    Result<std::vector<LayerStepInfo>> layerSteps(int run, int step);
    // The same of the encoder-output memory, whose layer is outputLayer() of the run.
    Result<LayerStepInfo> outputStep(int run, int step);
    // [layers][heads], row-major.
    Result<std::vector<HeadStepInfo>> headSteps(int run, int step);
    Result<std::vector<TokenInfo>> tokens(int run, std::int32_t first, std::int32_t count);
    // The bytes of tokens, in the order of their positions; empty where the run has no such token.
    // Quicker than tokens() where they lie apart.
    Result<std::vector<QByteArray>> texts(int run, const std::vector<std::int32_t>& positions);
    Result<std::vector<std::pair<std::int32_t, float>>> nextTokens(int run, int step);
    Result<QByteArray> tokenText(int run,
                                 std::int32_t id); // of an id in the vocabulary subset kept

    // A seek: constant cost anywhere in the run. Where the run has an encoder-output memory it, its
    // evictions, lives and attention are read as those of layer outputLayer() and head 0.
    Result<LayerState> layerState(int run, int step, int layer);
    Result<std::vector<Eviction>> evictions(int run, int step, int layer, int head);
    Result<Life> life(int run, int layer, int head, std::int32_t position);
    Result<std::vector<Life>> lives(int run, int layer, int head, std::int32_t first,
                                    std::int32_t count);
    // Empty at summary detail.
    Result<std::vector<QueryAttention>> attention(int run, int step, int layer, int head);

    // Errors: the run has no archive.
    Result<ArchivedAttention> archivedAttention(int run);
    // Empty where nothing arrived in the layer in that step and nothing was answered.
    Result<ArchivedStep> archived(int run, int step, int layer);

    // count extents of (nearly) equal numbers of steps from first to last, inclusive.
    Result<std::vector<Extent>> extents(int run, Series series, int layer, int head, int first,
                                        int last, int count);

  private:
    class Private;
    explicit Reader(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace attendre
