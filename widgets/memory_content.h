#pragma once

#include "model/trace/reader.h"
#include "widgets/point.h"

#include <QByteArray>
#include <QString>

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace attendre {

// A magnitude of an entry: what colours a slot and stands in a column of the table.
enum class MemoryColumn : std::uint8_t {
    Rank,
    Hits,
    Mass,
    MassSquared,
    LastMass,
    LastTick,
    Age,
    Position,
    InsertedStep
};
constexpr int memoryColumnCount = 9;
QString columnName(MemoryColumn column); // short: "last tick"
// In words: "last attended tick". rankLabel: what the policy calls its rank.
QString columnWords(MemoryColumn column, const QString& rankLabel);
bool isLogarithmic(MemoryColumn column);
// The usage column of that name in policy descriptions ("last_tick", "hits").
std::optional<MemoryColumn> memoryColumn(const QString& usageColumn);

// One layer and head's memory at one instant: until the insertion as the step before left it; then
// with the arrivals in their slots, but the columns still those that decided; from the retrieval on
// as this step leaves it.
struct MemoryContent {
    enum class Mark : std::uint8_t { None, NextVictim, Victim };
    struct Change { // a slot that changes hands in this step
        std::int32_t out = noPosition, in = noPosition;
        double outRank = 0;
    };

    Point point;
    int capacity = 0, occupancy = 0;
    std::int64_t tick = 0;
    HeadState state;
    std::vector<Mark> marks;                            // [M]
    std::vector<bool> arrivals;                         // [M]: came in this step
    std::vector<bool> unread;                           // [M] or empty: has no columns yet
    std::vector<bool> shielded;                         // [M]: protected in the next eviction
    std::unordered_map<int, Change> changes;            // by slot
    std::unordered_map<std::int32_t, QByteArray> texts; // of the positions above
    int next = 0;                                       // how many the next eviction takes
    bool byLot = false;                                 // who they are is not known before
    QString policy;                                     // the name of the one that evicts here

    bool isFree(int slot) const { return state.position[std::size_t(slot)] == noPosition; }
    bool isShielded(int slot) const { return shielded[std::size_t(slot)]; }
    std::optional<double> value(int slot, MemoryColumn column) const;
    QByteArray text(std::int32_t position) const;
    int slotOf(std::int32_t position) const; // -1: not resident
    // The step in which the marked next victims go, in words.
    bool changesHands() const {
        return point.phase == Phase::Evict || point.phase == Phase::Insert;
    }
};

// Texts of tokens, kept on the reading thread between readings of one run.
using MemoryTexts = std::unordered_map<std::int32_t, QByteArray>;

// The point's layer may be outputLayer() of the run: then its encoder-output memory, of one head.
Result<MemoryContent> readMemoryContent(Reader& reader, const RunInfo& run, const Point& point,
                                        MemoryTexts& texts);

} // namespace attendre
