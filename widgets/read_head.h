#pragma once

#include "model/trace/reader.h"
#include "widgets/point.h"

#include <QString>

#include <cstdint>
#include <vector>

namespace attendre {

// Where one layer stands along the document at one instant: positions below `answered` have got
// their answer there, those from it up to `come` have come and their queries wait.
struct ReadHead {
    int layer = 0;
    std::int32_t answered = 0, come = 0;

    int waiting() const { return come - answered; }
    bool waits(std::int32_t position) const { return position >= answered && position < come; }
};

// Queries come at wait and are answered at retrieve; before that a layer stands where the step
// before left it. Without a Q memory nobody waits: they come and are answered in one.
ReadHead readHead(const RunInfo& run, const LayerStepInfo& layer, Phase phase);
std::vector<ReadHead> readHeads(const RunInfo& run, const std::vector<LayerStepInfo>& layers,
                                Phase phase);

// "layer 3 has answered up to position 575; 64 queries wait; 256 behind layer 0"
QString readHeadWords(const std::vector<ReadHead>& heads, int layer);

// N of one layer; 0 where the run has no Q memory.
int queryMemoryOf(const RunInfo& run, int layer);
// N > 0 in some layer.
bool hasQueryMemory(const RunInfo& run);

} // namespace attendre
