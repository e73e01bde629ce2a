#pragma once

#include "model/analysis/lifetime_choice.h"
#include "widgets/magnitude_scale.h"
#include "widgets/point.h"

#include <QString>

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace attendre {

// Whose stays are shown.
enum class LifeWhose : std::uint8_t { Head, AllHeads, Outputs };

// The stays of a layer's entries as read from the trace, in one head or in all.
struct LifetimesContent {
    struct Arrivals {
        std::int32_t first = 0, end = 0; // positions; none: first == end
    };
    int run = 0, layer = 0, steps = 0;
    LifeWhose whose = LifeWhose::Head;
    std::int32_t end = 0; // behind the last position that came
    std::shared_ptr<const BinnedLives> lives;
    std::array<MagnitudeScale, lifeColumnCount> scales; // of what left
    std::vector<Arrivals> arrivals;                     // the chunk of each step

    std::size_t heads() const { return lives->heads.size(); }
    const Lifetimes& head(std::size_t index) const { return *lives->heads[index]; }
    const MagnitudeScale& scale(LifeColumn column) const { return scales[std::size_t(column)]; }
    // Whether it shows what is asked for; which head counts only where one is shown.
    bool isOf(const Point& point, int layerShown, LifeWhose whoseShown) const;
};

// before: what was read last, or nullptr; what of it still holds is taken over.
Result<std::shared_ptr<const LifetimesContent>>
readLifetimesContent(Reader& reader, const RunInfo& run, const Point& point, LifeWhose whose,
                     const std::shared_ptr<const LifetimesContent>& before, const Cancel& cancel);

QString lifeColumnName(LifeColumn column);  // "age at eviction"
QString lifeColumnWords(LifeColumn column); // the same, with its unit and scale
// The value of a column as it is written.
QString lifeNumber(LifeColumn column, double value);

} // namespace attendre
