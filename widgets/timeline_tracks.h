#pragma once

#include "model/replay/head_losses.h"
#include "model/trace/reader.h"

#include <QString>

#include <vector>

namespace attendre {

// What a track of the Timeline can show.
struct TrackKind {
    enum class Of { Run, Layer, Head }; // whose numbers they are
    enum class Number { Nats, Count, Share, Milliseconds, Mass };
    Series series = Series::Nll; // where the trace has the numbers; meaningless for the regret
    bool regret = false;         // the greatest of the step's victims; LossesSource reckons it
    Of of = Of::Run;
    Number number = Number::Count;
    QString title, unit;

    QString numberText(double value) const;
    QString valueText(double value) const; // with its unit
    bool offeredFor(const RunInfo& run) const;
};

// The most telling first: where there is little height the others are scrolled to.
std::vector<TrackKind> trackKinds();

// By step, the greatest mass that one of its victims would have received since; NaN where none
// left.
std::vector<float> regretBySteps(const HeadLosses& losses, int steps);

// The longest input whose regret is reckoned without having been asked for: a second or two a head.
constexpr qint64 mostTokensReckoned = 8192;

} // namespace attendre
