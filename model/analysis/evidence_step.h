#pragma once

#include "model/trace/reader.h"

#include <cstdint>
#include <vector>

namespace attendre {

// How a span of positions fared in one layer and K/V head.
struct EvidenceHead {
    int layer = 0, head = 0;
    // The step that evicted the first of the span's entries to go, and which that was; -1: none of
    // them was evicted.
    int lostStep = -1;
    std::int32_t lost = noPosition;
    bool arrived = true; // all of them were inserted at some time

    bool kept() const { return lostStep < 0; } // also what is still to come is not lost
};

// Where an answer's evidence went while its document was read: until the first question that was
// asked of the run, or to the run's end where none was.
struct EvidenceStep {
    std::vector<EvidenceHead> heads; // [layers][heads], row-major
    int kept = 0;                    // heads that had evicted none of it then
    int awaited = 0;                 // of these, heads to which not all of it had come
    int lost = 0;                    // heads that had evicted some of it
    // The point to look at: the step in which most heads lost it (of equals the first), with the
    // first of those; where none lost it, the last of them, with a head that held it.
    int step = 0, layer = 0, head = 0;
    std::int32_t position = noPosition;
    int lostHere = 0; // heads that lost it in that step

    double share() const { return heads.empty() ? 0 : double(kept) / double(heads.size()); }
};

// first, last: the span, inclusive. Errors: the run is not there, has no steps, or is shorter.
Result<EvidenceStep> evidenceStep(Reader& reader, int run, std::int32_t first, std::int32_t last);

} // namespace attendre
