#include "model/analysis/lifetime_choice.h"

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

ValueBins binsOf(const std::vector<std::shared_ptr<const Lifetimes>>& heads, LifeColumn column) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const auto& lives : heads)
        for (std::size_t i = 0; i < lives->size(); ++i) {
            const double value = lifeValue(*lives, column, i);
            if (std::isfinite(value)) {
                low = std::min(low, value);
                high = std::max(high, value);
            }
        }
    if (high < low)
        return {};
    if (column == LifeColumn::Mass)
        return logarithmicBins(high, mostBins);
    const auto from = std::int64_t(low), to = std::int64_t(high);
    return column == LifeColumn::Inserted ? evenBins(from, to, mostBins)
                                          : wideningBins(from, to, mostBins);
}

std::vector<std::uint8_t> binned(const Lifetimes& lives, LifeColumn column, const ValueBins& bins) {
    std::vector<std::uint8_t> of(lives.size(), BinnedLives::none);
    for (std::size_t i = 0; i < lives.size(); ++i)
        if (const int bin = bins.of(lifeValue(lives, column, i)); bin >= 0)
            of[i] = std::uint8_t(bin);
    return of;
}

} // namespace

BinnedLives binLives(std::vector<std::shared_ptr<const Lifetimes>> heads) {
    BinnedLives lives;
    lives.heads = std::move(heads);
    for (std::size_t c = 0; c < binnedColumns.size(); ++c) {
        lives.columns[c].bins = binsOf(lives.heads, binnedColumns[c]);
        for (const auto& head : lives.heads)
            lives.columns[c].of.push_back(binned(*head, binnedColumns[c], lives.columns[c].bins));
    }
    return lives;
}

bool LifeBrush::empty() const {
    return !positions && std::none_of(bins.begin(), bins.end(),
                                      [](const auto& range) { return range.has_value(); });
}

bool LifeBrush::holds(const BinnedLives& lives, std::size_t head, std::size_t position) const {
    const auto at = std::int32_t(position);
    if (positions && (at < positions->first || at > positions->second))
        return false;
    for (std::size_t c = 0; c < bins.size(); ++c) {
        if (!bins[c])
            continue;
        const std::uint8_t bin = lives.columns[c].of[head][position];
        if (bin == BinnedLives::none || bin < bins[c]->first || bin > bins[c]->last)
            return false;
    }
    return true;
}

LifeBrush carriedOver(const LifeBrush& brush, const BinnedLives& from, const BinnedLives& to) {
    LifeBrush carried;
    carried.positions = brush.positions;
    for (std::size_t c = 0; c < brush.bins.size(); ++c) {
        const std::vector<double>& old = from.columns[c].bins.edges;
        const std::vector<double>& now = to.columns[c].bins.edges;
        if (!brush.bins[c] || now.empty() || std::size_t(brush.bins[c]->last) + 1 >= old.size())
            continue;
        const double low = old[std::size_t(brush.bins[c]->first)];
        const double high = old[std::size_t(brush.bins[c]->last) + 1];
        if (high <= now.front() || low >= now.back())
            continue;
        const auto first = std::upper_bound(now.begin(), now.end(), low) - now.begin() - 1;
        const auto last = std::lower_bound(now.begin(), now.end(), high) - now.begin() - 1;
        const int most = to.columns[c].bins.count() - 1;
        carried.bins[c] = {std::clamp(int(first), 0, most), std::clamp(int(last), 0, most)};
    }
    return carried;
}

LifeSelection select(const BinnedLives& lives, const LifeBrush& brush) {
    LifeSelection selection{lives.heads, {}};
    if (brush.empty())
        return selection;
    for (std::size_t head = 0; head < lives.heads.size(); ++head) {
        std::vector<std::uint8_t> chosen(lives.heads[head]->size());
        for (std::size_t i = 0; i < chosen.size(); ++i)
            chosen[i] = brush.holds(lives, head, i) ? 1 : 0;
        selection.chosen.push_back(std::move(chosen));
    }
    return selection;
}

LifeCounts countLives(const BinnedLives& lives, const LifeSelection& selection,
                      const LifeWindow& window) {
    LifeCounts counts;
    for (std::size_t c = 0; c < binnedColumns.size(); ++c) {
        const auto bins = std::size_t(lives.columns[c].bins.count());
        counts.columns[c] = {std::vector<std::int64_t>(bins), std::vector<std::int64_t>(bins)};
    }
    for (std::size_t head = 0; head < lives.heads.size(); ++head) {
        const Lifetimes& all = *lives.heads[head];
        const auto end = std::min(std::size_t(std::max(0, window.endPosition)), all.size());
        for (auto i = std::size_t(std::max(0, window.firstPosition)); i < end; ++i) {
            if (!all.came(i) || all.inserted[i] >= window.endStep ||
                all.until(i) <= window.firstStep)
                continue;
            const bool chosen = selection.isChosen(head, i);
            ++counts.entries;
            counts.chosen += chosen ? 1 : 0;
            counts.stay += chosen && all.evicted[i] < 0 ? 1 : 0;
            for (std::size_t c = 0; c < binnedColumns.size(); ++c) {
                const std::uint8_t bin = lives.columns[c].of[head][i];
                if (bin == BinnedLives::none)
                    continue;
                ++counts.columns[c].all[bin];
                counts.columns[c].chosen[bin] += chosen ? 1 : 0;
            }
        }
    }
    return counts;
}

} // namespace attendre
