#pragma once

#include "model/analysis/loss_difference.h"
#include "model/analysis/parted_entries.h"

#include <QString>

namespace attendre {

// What a comparison says in words. A and B are the two runs.

// Why an entry went or stayed: "FIFO: tick inserted 1, the cut at 65".
QString standingWords(const RunInfo& run, const EntryStanding& standing);
// When and where the runs part: "step 4, layer 2, head 0", or with both runs' steps.
QString placeWords(const HeadDivergence& at);
// "“In” (position 1) left A". text: the token's bytes.
QString leftWords(const PartedEntry& entry, bool leftA, const QByteArray& text);
// What follows it: "(FIFO: …) and stayed in B (LRA: …)".
QString partedWords(const RunInfo& a, const RunInfo& b, const PartedEntry& entry, bool leftA);
// The same in fewer words: "(FIFO) and stayed in B (LRA)".
QString partedWords(const RunInfo& a, const RunInfo& b, bool leftA);
// What stands in the table for a token's likely cause. text: of the lost entry.
QString causeWords(const LossCause& cause, const QByteArray& text);

} // namespace attendre
