#pragma once

#include "model/trace/configuration.h"

#include <QByteArray>
#include <QDateTime>
#include <QString>

#include <cstdint>
#include <limits>
#include <vector>

namespace attendre {

enum class Segment : std::uint8_t { Bos, Template, Document, Question, Answer };
enum class StepKind : std::uint8_t { Chunk, Flush, Ask, Answer };
enum class Memory : std::uint8_t { KeyValue, Output };
enum class Detail : std::uint8_t { Summary, Full };

constexpr std::int32_t noPosition = -1;

// One run: what was read by what, how. Written once, at the start.
struct RunInfo {
    int run = 0; // 1 for a file's first
    QString uuid;
    int parent = 0, parentStep = -1; // 0 and -1: no parent
    QString label;
    QDateTime created;
    QString model, modelHash;       // path as given; hash of its bytes
    QString document, documentHash; // likewise
    QString device, dtype, build;
    int threads = 0;
    qint64 tokens = 0; // T
    NetworkShape shape;
    ResolvedConfiguration configuration;
    PolicyDescription policy;
    QString command; // the exact command that makes this run
    bool finished = false;
    QString ended; // empty, or the sentence why the run stopped early
};

// The run's options with everything filled in that they leave to model, policy and machine.
inline Configuration filledIn(const RunInfo& run) {
    Configuration configuration = filledIn(run.configuration);
    configuration.device = run.device;
    configuration.dtype = run.dtype;
    configuration.threads = run.threads;
    return configuration;
}

// The number under which a run's encoder-output memory is read, as if it were a layer of one head
// behind the others; -1 where there is none.
inline int outputLayer(const RunInfo& run) {
    return run.configuration.outputMemory > 0 ? run.shape.layers : -1;
}
// How many heads the layer's memory has.
inline int headCount(const RunInfo& run, int layer) {
    return layer == outputLayer(run) ? 1 : run.shape.heads;
}

// One token of the input.
struct TokenInfo {
    std::int32_t position = 0;
    Segment segment = Segment::Document;
    std::int32_t documentPosition = noPosition;
    std::int32_t id = 0;
    QByteArray text; // the token's bytes, decoded; may be part of a UTF-8 character
    std::int64_t byteBegin = 0, byteEnd = 0;             // in the source document
    float nll = std::numeric_limits<float>::quiet_NaN(); // nats, of predicting this token
};

// The usage columns of one entry (SPEC.md, Usage). Ticks and steps are 0 where unknown.
struct Usage {
    std::uint32_t tickInserted = 0; // known for every resident: position order gives it
    std::uint32_t lastTick = 0;     // last attended tick
    float mass = 0;                 // sum of a
    float massSquared = 0;          // sum of a squared
    std::uint32_t hits = 0;
    float lastMass = 0; // the last step's mass
};

} // namespace attendre
