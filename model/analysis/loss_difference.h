#pragma once

#include "model/analysis/run_divergence.h"

#include <QByteArray>

#include <vector>

namespace attendre {

// What predicting one token cost each of two runs.
struct LossDifference {
    std::int32_t position = 0;
    QByteArray text;
    float a = 0, b = 0; // nats

    double difference() const { return double(b) - double(a); }
};

struct LossDifferences {
    std::int64_t tokens = 0;             // predicted by both
    double meanA = 0, meanB = 0;         // over these, nats
    std::vector<LossDifference> largest; // by size, whatever the sign; ties: the earlier first
};

// Of all tokens that both runs predicted, the most different ones; those that cost both the same
// are left out. None where nothing is predicted, as in the mode prefix. Errors: unreadable,
// interrupted.
Result<LossDifferences> lossDifferences(const ComparedRuns& runs, int most, const Cancel& cancel);

// What the run that predicted a token worse had likely missed.
struct LossCause {
    enum class Kind {
        LostEntry,   // of the entries that it lost, the one that the other read most for it
        NothingLost, // none of the other's top 8 was lost: where the runs part before
        NotRecorded, // the other run keeps no attention: where the runs part before
        NotParted    // the memories were the same until then
    };
    Kind kind = Kind::NotParted;
    bool inA = false; // the run that lost it is A
    // The eviction: in that run.
    int step = -1, layer = -1, head = -1;
    std::int32_t entry = noPosition;
    // LostEntry: the weights that the other run's query gave it, added over the heads in which it
    // was lost, and how many these are. The eviction is that of the head with the largest.
    double weight = 0;
    int heads = 0;
};

// Looks at the query that predicted the token, in every layer and head: at full detail its eight
// highest weights are known. divergence: of the same runs. Errors: unreadable, interrupted.
Result<LossCause> lossCause(const ComparedRuns& runs, const RunDivergence& divergence,
                            const LossDifference& token, const Cancel& cancel);

} // namespace attendre
