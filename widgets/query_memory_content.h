#pragma once

#include "model/trace/reader.h"
#include "widgets/attention_content.h"
#include "widgets/point.h"
#include "widgets/read_head.h"

#include <cstdint>
#include <vector>

namespace attendre {

// One query of a layer's Q memory at one instant. behind and ahead: how many residents of the head
// stand at positions up to its own and beyond it; what it would see if it were answered then.
struct WaitingQuery {
    std::int32_t position = noPosition;
    int since = -1;        // the step in which it came; its tick is its position plus one
    int keyGone = -1;      // the step in which its own key left the head; -1: it is resident
    bool arrived = false;  // came in this step
    bool answered = false; // is answered in this step
    int behind = 0, ahead = 0;
};

// The Q memory of one layer at one instant, the oldest query first: until the insertion as the step
// before left it; at wait with the arrivals in it; from the retrieval on those that are answered
// stand before those that go on waiting.
struct QueryMemoryContent {
    Point asked;
    int capacity = 0; // N
    std::int64_t tick = 0;
    std::int64_t read = 0;           // tokens that have come to layer 0
    std::int32_t answeredBefore = 0; // queries that were answered before this step
    int answered = 0;                // in this step, at every phase
    int residents = 0;
    std::vector<WaitingQuery> queries; // at contiguous positions
    TokenTexts texts;

    int leaving() const; // answered in this step and shown: they stand first
    int waiting() const { return int(queries.size()) - leaving(); }
    int arrivals() const;
    // The query at a position, or -1.
    int indexOf(std::int32_t position) const;
};

Result<QueryMemoryContent> readQueryMemory(Reader& reader, const RunInfo& run, const Point& point);

} // namespace attendre
