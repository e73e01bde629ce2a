#pragma once

#include "model/analysis/lifetime_grid.h"
#include "model/analysis/value_bins.h"

#include <array>
#include <optional>

namespace attendre {

// The columns whose distributions are shown: age at eviction, hits and mass when it left, inserted
// step.
constexpr std::array<LifeColumn, 4> binnedColumns{LifeColumn::Age, LifeColumn::Hits,
                                                  LifeColumn::Mass, LifeColumn::Inserted};
constexpr int mostBins = 32;

// Which bin of each column holds each entry of some heads.
struct BinnedLives {
    static constexpr std::uint8_t none = 255;
    struct Column {
        ValueBins bins;
        std::vector<std::vector<std::uint8_t>> of; // [head][position]; none: it has no value
    };
    std::vector<std::shared_ptr<const Lifetimes>> heads;
    std::array<Column, binnedColumns.size()> columns;
};

BinnedLives binLives(std::vector<std::shared_ptr<const Lifetimes>> heads);

// What is chosen: a range of bins in some columns and of positions, all of which have to hold.
struct LifeBrush {
    struct Range {
        int first = 0, last = 0; // bins, both included
        bool operator==(const Range&) const = default;
    };
    std::array<std::optional<Range>, binnedColumns.size()> bins;
    std::optional<std::pair<std::int32_t, std::int32_t>> positions; // both included

    bool empty() const;
    bool holds(const BinnedLives& lives, std::size_t head, std::size_t position) const;
    bool operator==(const LifeBrush&) const = default;
};

// The same values in the bins of other entries, or of a run that has grown; a range that none of
// their bins touches is let go.
LifeBrush carriedOver(const LifeBrush& brush, const BinnedLives& from, const BinnedLives& to);

// Empty `chosen` where the brush is empty.
LifeSelection select(const BinnedLives& lives, const LifeBrush& brush);

// How the entries of a window (those whose stay touches it) are distributed.
struct LifeCounts {
    struct Column {
        std::vector<std::int64_t> all, chosen; // by bin
    };
    std::array<Column, binnedColumns.size()> columns;
    std::int64_t entries = 0, chosen = 0;
    std::int64_t stay = 0; // of the chosen: still there, so without an age
};

LifeCounts countLives(const BinnedLives& lives, const LifeSelection& selection,
                      const LifeWindow& window);

} // namespace attendre
