#pragma once

#include "model/trace/archive.h"
#include "model/trace/values.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace attendre {

// What one step did, as the engine hands it over: plain arrays, nothing compressed. The recorder
// decides what of it is kept (detail, keyframes) and derives the rest.

// The top attended entries of each answered query and K/V head, by the group mean of its weights.
struct TopAttention {
    static constexpr int kept = 8;
    // [heads][answered][kept], row-major, largest weight first; position noPosition where fewer
    // entries were visible.
    std::vector<std::int32_t> positions;
    std::vector<float> weights;
    // [heads][answered]: the mass of all the others.
    std::vector<float> rest;
};

// One layer in one step. G heads, M slots. Arrays over slots are [G][M], row-major.
struct LayerRecord {
    std::int32_t layer = 0;
    std::int32_t capacity = 0;      // M of this layer
    std::int32_t firstPosition = 0; // of the arrivals, which are contiguous
    std::int32_t arrived = 0;       // keys inserted in this step
    std::int32_t firstAnswered = 0; // of the queries that retrieved, contiguous as well
    std::int32_t answered = 0;
    std::int32_t waiting = 0;   // queries left in the Q memory at the end of the step
    std::int32_t occupancy = 0; // resident entries per head at the end of the step
    std::int64_t tick = 0;      // A: the layer's clock after the arrivals
    std::int32_t evicted = 0;   // victims per head (the same number in every head)

    // [G][evicted]: the victims' slots, ascending in each head, and the positions they held. With
    // these the arrivals' places follow: free slots first, ascending, then the victims' slots in
    // ascending order receive the remaining arrivals in ascending position.
    std::vector<std::int32_t> victimSlots;
    std::vector<std::int32_t> victimPositions;
    std::vector<double> victimRanks; // the rank that decided

    // The state at the end of the step, [G][M]. position is noPosition in a free slot; the other
    // columns are 0 there.
    std::vector<std::int32_t> position;
    std::vector<std::uint32_t> lastTick;
    std::vector<float> mass, massSquared;
    std::vector<std::uint32_t> hits;
    std::vector<float> lastMass;
    std::vector<double> rank; // the active policy's rank of each resident as it now stands

    TopAttention attention; // empty unless asked for
    // With the archive on; empty otherwise.
    std::vector<SeenNumbers> seen; // [G]
    ArchivedStep archived;
};

// Which token would come next after the last token of the step: natural logarithms.
struct NextToken {
    std::int32_t id = 0;
    float logProbability = 0;
};

struct StepRecord {
    std::int32_t step = 0; // 0 for the run's first
    StepKind kind = StepKind::Chunk;
    std::int32_t firstPosition = 0; // of the tokens fed to layer 0
    std::int32_t arrived = 0;       // their number; 0 in a flush round
    double milliseconds = 0;        // of computing, recording not included
    std::vector<LayerRecord> layers;
    // The encoder-output memory, as one more layer with one head, its number that of the layers.
    std::optional<LayerRecord> output;
    // Tokens that the input did not hold and this step fed: an answer's. Their texts may be empty.
    std::vector<TokenInfo> tokens;
    // nll of the tokens that became known in this step: first is the position of the first of
    // them. Position 0 has none.
    std::int32_t firstNll = 0;
    std::vector<float> nll;
    std::vector<NextToken> next; // the ten most likely, best first; may be empty
};

} // namespace attendre
