#pragma once

#include "model/trace/result.h"
#include "model/trace/values.h"

#include <QByteArray>

#include <limits>
#include <vector>

namespace attendre {

// What the archive keeps of one layer in one step, in float32 and not rotated: n arrivals and m
// answered queries, of G K/V heads and H query heads of dimension D.
struct ArchivedStep {
    std::vector<float> key;       // [G][n][D]
    std::vector<float> value;     // [G][n][D]; empty where only keys are kept, as the two below
    std::vector<float> query;     // [H][n][D]
    std::vector<float> logSumExp; // [H][m]: of the scores over what each query attended to

    bool isEmpty() const { return key.empty() && logSumExp.empty(); }
};

// How a network makes scores out of archived queries and keys.
struct ArchivedAttention {
    double scale = 1;                // of the scores
    std::vector<double> frequencies; // [D/2], radians per position; empty: nothing is rotated
    // [H][2 reach + 1], added to the scaled scores of a key that lies d positions after the query,
    // at d + reach; empty: nothing is.
    std::vector<float> bias;
    int reach = 0;
};

// What a head's memory lost of the attention over everything that has arrived, as the mean over a
// sample of a step's queries and over the group's heads (docs/pipeline.md, "What a memory loses").
// NaN where nothing was measured.
struct SeenNumbers {
    float coverage = std::numeric_limits<float>::quiet_NaN();
    float outputError = std::numeric_limits<float>::quiet_NaN();
    // The same without the first s positions.
    float coverageBeyondSinks = std::numeric_limits<float>::quiet_NaN();
    float outputErrorBeyondSinks = std::numeric_limits<float>::quiet_NaN();
};

// Bytes that the archive of T tokens adds to a trace, before compression; 0 without one.
qint64 archiveBytes(const ResolvedConfiguration& configuration, const NetworkShape& shape,
                    qint64 tokens);
// Whether that, and as much again where keys that may be evicted have to be at hand during the run,
// is within --archive-limit, and the folder of a trace has room for it. Errors: it is not, or has
// not, with the numbers.
Result<void> checkArchiveRoom(const QString& trace, const ResolvedConfiguration& configuration,
                              const NetworkShape& shape, qint64 tokens);

// Compressed bytes and back (docs/trace-format.md, "Archived step"). Errors: damaged bytes.
QByteArray toBytes(const ArchivedStep& step);
Result<ArchivedStep> archivedStepFromBytes(const QByteArray& bytes);
QByteArray toBytes(const ArchivedAttention& attention);
Result<ArchivedAttention> archivedAttentionFromBytes(const QByteArray& bytes);

} // namespace attendre
