#pragma once

#include "model/analysis/step_alignment.h"

#include <optional>
#include <vector>

namespace attendre {

// Where the memories of one layer and head hold different entries for the first time.
struct HeadDivergence {
    int layer = 0, head = 0;
    int stepA = -1, stepB = -1; // at the end of these steps; -1: they never do
    int onlyA = 0, onlyB = 0;   // entries that one has and the other lacks at that moment

    bool parted() const { return stepA >= 0; }
};

// How far two runs hold the same entries, wherever they meet.
struct RunDivergence {
    StepAlignment alignment;
    // [layers][pairs of the layer]: of the entries that either run holds, the share that both hold,
    // over all heads of the layer (Jaccard); 1 where neither holds any.
    std::vector<std::vector<float>> shared;
    std::vector<HeadDivergence> heads; // [layers][heads], row-major

    // Of all heads the one that parts first: the first step of A, then the lowest layer and head.
    // until: only up to that step of A; -1: at any. Nothing: none parts.
    std::optional<HeadDivergence> first(int until = -1) const;
    float sharedAt(int layer, int stepA) const; // NaN before the runs meet
    double meanShared() const;                  // over all layers and meetings
};

// From the entries' lives: what each run holds follows from when an entry came and left, so that no
// state is decoded. Progress counts layers. Errors: unreadable, interrupted.
Result<RunDivergence> readDivergence(const ComparedRuns& runs, const Progress& progress,
                                     const Cancel& cancel);

} // namespace attendre
