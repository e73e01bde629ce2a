#pragma once

#include "model/analysis/eviction_reason.h"
#include "model/trace/reader.h"
#include "widgets/attention_content.h"
#include "widgets/point.h"
#include "widgets/read_head.h"

#include <cstdint>
#include <vector>

namespace attendre {

// One step of one layer and K/V head from end to end: what each of its phases did.
struct OneStep {
    // A slot that an arrival took; out: who left it, noPosition where it was free.
    struct Change {
        int slot = -1;
        std::int32_t out = noPosition, in = noPosition;
    };
    // What the step added to one entry's usage.
    struct Gain {
        std::int32_t position = noPosition;
        int slot = -1;
        bool arrived = false; // in this step: nothing was counted before
        double lastMass = 0, massBefore = 0, massAfter = 0;
        std::uint32_t hitsBefore = 0, hitsAfter = 0, tickBefore = 0, tickAfter = 0;
    };

    Point asked; // whatever its phase, entry and query
    StepKind kind = StepKind::Chunk;
    LayerStepInfo layer;
    int capacity = 0, queryCapacity = 0; // M, N
    int occupancyBefore = 0;
    HeadState before, after; // [M] each; of step 0, before is empty
    EvictionRules rules;
    EvictionRanking ranking;               // as recorded
    bool agrees = true;                    // the ranks that decided are those of the state before
    std::vector<Change> changes;           // ascending slots
    std::vector<QueryAttention> attention; // of the answered queries; empty at summary detail
    bool counted = false;                  // usage before and after is recorded
    std::vector<Gain> gains;               // who drew most of the step's mass first
    int hit = 0;                           // entries that were hit in this step
    double mass = 0;                       // that the answered queries spread
    TokenTexts texts;                      // of everybody named above

    int freeBefore() const { return capacity - occupancyBefore; }
    bool arrives(std::int32_t position) const {
        return position >= layer.firstPosition && position < layer.firstPosition + layer.arrived;
    }
    // The first of the positions that are in the Q memory, or come out of it, in this step.
    std::int32_t firstWaiting() const {
        return std::int32_t(layer.tick - layer.waiting - layer.answered);
    }
    int waitingBefore() const { return layer.waiting + layer.answered - layer.arrived; }
    // Whose attention is shown: the point's query or entry where it was answered in this step, else
    // the first one; an index into attention, -1 where none is recorded.
    int shownQuery(const Point& point) const;
    QByteArray text(std::int32_t position) const;
};

// Errors are the reader's.
Result<OneStep> readOneStep(Reader& reader, const RunInfo& run, const Point& point);

} // namespace attendre
