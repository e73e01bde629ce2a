#pragma once

#include "model/analysis/entry_events.h"
#include "widgets/attention_content.h"
#include "widgets/point.h"

#include <vector>

namespace attendre {

// What happened to one entry, as read from the trace.
struct EntryHistory {
    Point asked;
    int steps = 0;           // of the run when it was read
    Life life;               // in the point's head
    bool leftBefore = false; // it was gone when this run, which asks, began
    std::vector<EntrySample> samples;
    bool every = true; // a sample for every step; otherwise they are spread over its stay
    std::vector<EntryEvent> events;
    std::vector<Life> heads; // its stay in each of the layer's heads
    std::int32_t replacedBy = noPosition;
    TokenTexts texts; // its own and its successor's
};

Result<EntryHistory> readEntryHistory(Reader& reader, const RunInfo& run, const Point& point,
                                      int steps);

} // namespace attendre
