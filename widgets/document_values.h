#pragma once

#include "model/replay/head_losses.h"
#include "widgets/document_memory.h"

#include <optional>
#include <vector>

namespace attendre {

// The numbers of the tokens in sight, for colouring by a column: of those that have left the memory
// as it stood then, of those whose query was answered what was lost at that step.
struct DocumentValues {
    TokenColumn column = TokenColumn::State;
    std::vector<Life> lives;    // ascending positions; for the columns of usage
    std::int32_t first = 0;     // position of numbers.front()
    std::vector<float> numbers; // for TokenColumn::Coverage and OutputError; NaN: none

    // The value of a token in the current layer and head, at the memory's point.
    std::optional<double> of(std::int32_t token, const DocumentMemory& memory) const;
};

// Columns of the state, the nll and the regret need no reading: the result has no numbers then.
Result<DocumentValues> readDocumentValues(Reader& reader, const RunInfo& run, const Point& point,
                                          TokenColumn column, std::int32_t first,
                                          std::int32_t count);

// What the eviction of a token's key has cost, if it was by that step.
std::optional<double> regretOf(const HeadLosses& losses, std::int32_t token, int step);

} // namespace attendre
