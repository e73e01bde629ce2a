#pragma once

#include "model/trace/cancel.h"
#include "model/trace/reader.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace attendre {

// The stays of all entries of one layer and head, as columns over the positions 0 … size() − 1:
// what is drawn and counted by the million. An entry is resident at the ends of the steps from
// inserted to, without, evicted.
struct Lifetimes {
    int run = 0, layer = 0, head = 0;
    int steps = 0;                      // recorded when it was read
    bool firstArrived = true;           // false: step 0 held entries that no chunk brought
    bool extended = false;              // not all of it was read at once
    std::vector<std::int32_t> inserted; // step; −1: it never came
    std::vector<std::int32_t> evicted;  // step; −1: still there at the end of the last step
    std::vector<std::int32_t> slot;     // −1: it never came
    // As they stood when the entry left.
    std::vector<double> rank;
    std::vector<std::uint32_t> hits;
    std::vector<float> mass;
    std::vector<std::uint8_t> usage; // 0: hits and mass are not recorded

    std::size_t size() const { return inserted.size(); }
    bool came(std::size_t position) const { return inserted[position] >= 0; }
    bool stays(std::size_t position) const { return came(position) && evicted[position] < 0; }
    // The first step at whose end it is not resident.
    int until(std::size_t position) const {
        return evicted[position] < 0 ? steps : evicted[position];
    }
    bool residentAt(std::size_t position, int step) const {
        return came(position) && step >= inserted[position] && step < until(position);
    }
};

// What an entry can be told apart by. State: nothing but whether it is still there.
enum class LifeColumn : std::uint8_t { State, Age, Hits, Mass, Rank, Inserted };
constexpr int lifeColumnCount = 6;

// Age (steps from its insertion to its eviction), hits, mass and rank when it left; the inserted
// step. NaN: it has not left, was not recorded, or the column is the state.
double lifeValue(const Lifetimes& lives, LifeColumn column, std::size_t position);

// Reads as many steps as are recorded when it begins; layer and head as Reader::lives() has them.
// No transaction reads more than some ten thousand positions. Errors: the reader's, and a sentence
// when it was cancelled.
Result<Lifetimes> readLifetimes(Reader& reader, const RunInfo& run, int layer, int head,
                                const Cancel& cancel);

// The same for a run that has grown: a cost by the steps that are new, not by the positions. At
// summary detail what leaves in them has no usage until it is read anew.
Result<Lifetimes> extendedLifetimes(Reader& reader, Lifetimes lives, const Cancel& cancel);

} // namespace attendre
