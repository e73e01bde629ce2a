#pragma once

#include "model/trace/result.h"

#include <QString>

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace attendre {

struct NetworkShape;
struct ResolvedConfiguration;
struct RunInfo;

// A change of what a policy would decide, made by a person (the option --change): in its steps, its
// layer and its head the entries of its positions stay, or go before all others.
struct Intervention {
    static constexpr int toTheEnd = std::numeric_limits<int>::max();

    bool keep = true; // false: drop
    int firstPosition = 0, lastPosition = 0;
    int firstStep = 0, lastStep = 0;
    int layer = -1, head = -1; // -1: every one
    bool operator==(const Intervention&) const = default;

    bool holdsIn(int step, int inLayer, int inHead) const;
};

// "keep 130 at 8", "drop 65-70 at 8-12 in layer 2 head 0", "keep 3 at 8-" (to the end); several are
// separated by commas. Errors: the part that is none of these, with what it should be.
Result<std::vector<Intervention>> interventionsFrom(const QString& text);
QString interventionText(const Intervention& intervention);
QString interventionText(const std::vector<Intervention>& interventions);

// Whether two of them want the same entry to stay and to go: the first such pair's text.
QString contradiction(const std::vector<Intervention>& interventions);

// Refuses changes that this run cannot make: places outside of it, one head alone where all decide
// together, more kept than the memory holds, or the contradictions above.
Result<void> checkInterventions(const ResolvedConfiguration& configuration,
                                const NetworkShape& shape, qint64 tokens);

// Those of a recorded run; a run that asks makes none, whatever its parent's options were.
std::vector<Intervention> interventionsOf(const RunInfo& run);

// The changes of one step, layer and head: spans of positions, both ends included.
struct ChangedEntries {
    std::vector<std::pair<int, int>> kept, dropped;

    bool keeps(std::int32_t position) const;
    bool drops(std::int32_t position) const;
};
ChangedEntries changedEntries(const std::vector<Intervention>& interventions, int step, int layer,
                              int head);

} // namespace attendre
