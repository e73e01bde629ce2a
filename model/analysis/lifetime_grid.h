#pragma once

#include "model/analysis/lifetimes.h"

#include <memory>
#include <optional>

namespace attendre {

// Positions and steps, the ends not included.
struct LifeWindow {
    std::int32_t firstPosition = 0, endPosition = 0;
    int firstStep = 0, endStep = 0;

    std::int32_t positions() const { return endPosition - firstPosition; }
    int steps() const { return endStep - firstStep; }
    bool operator==(const LifeWindow&) const = default;
};

// One or several heads of a layer, and of each which entries are chosen: a byte a position; nothing
// where all are.
struct LifeSelection {
    std::vector<std::shared_ptr<const Lifetimes>> heads;
    std::vector<std::vector<std::uint8_t>> chosen;

    bool isChosen(std::size_t head, std::size_t position) const {
        return chosen.empty() || chosen[head][position] != 0;
    }
};

// What is in one cell, counted in pairs of an entry and a step at whose end it is resident.
struct LifeCell {
    std::uint32_t resident = 0; // all
    std::uint32_t chosen = 0;   // of chosen entries
    std::uint32_t stays = 0;    // of chosen entries that are still there at the end
    std::uint32_t known = 0;    // of chosen entries that have a value in the column
    float mean = 0;             // of the values, weighted by pairs; 0 where none is known
    float greatest = 0;         // likewise
};

// A window at the resolution of a picture: nothing is dropped, however many entries share a cell.
struct LifeGrid {
    LifeWindow window;
    int columns = 0, rows = 0;   // columns along positions, rows along steps
    int heads = 1;               // whose pairs are counted together
    std::vector<LifeCell> cells; // [rows][columns]

    const LifeCell& at(int column, int row) const {
        return cells[std::size_t(row) * std::size_t(columns) + std::size_t(column)];
    }
    LifeWindow windowOf(int column, int row) const;
    // Pairs that there could be in a cell.
    std::int64_t room(int column, int row) const;
};

// The k-th of count parts of (nearly) equal size of n things begins here; part count at n.
constexpr std::int64_t partBegin(std::int64_t n, std::int64_t count, std::int64_t k) {
    return n * k / count;
}

// At most columns × rows cells, and no more than there are positions and steps. Costs by entries
// and cells, not by how long the entries stayed. Nothing: it was cancelled.
std::optional<LifeGrid> reduceLifetimes(const LifeSelection& selection, LifeColumn column,
                                        const LifeWindow& window, int columns, int rows,
                                        const Cancel& cancel);

} // namespace attendre
