#include "widgets/timeline_tracks.h"

#include "widgets/plot_text.h"

#include <QCoreApplication>

#include <cmath>
#include <limits>

namespace attendre {

std::vector<TrackKind> trackKinds() {
    using enum TrackKind::Of;
    using enum TrackKind::Number;
    const auto tr = [](const char* text) {
        return QCoreApplication::translate("attendre::TimelineView", text);
    };
    const QString share = QStringLiteral("%");
    return {{Series::Nll, false, Run, Nats, tr("nll"), tr("nats")},
            {Series::Evicted, false, Layer, Count, tr("evictions"), tr("per head")},
            {Series::Occupancy, false, Layer, Count, tr("occupancy"), tr("slots")},
            {Series::HitRate, false, Head, Share, tr("hit rate"), share},
            {Series::SinkShare, false, Head, Share, tr("on sinks"), share},
            {Series::SeenCoverage, false, Head, Share, tr("coverage"), share},
            {Series::OutputError, false, Head, Share, tr("output error"), share},
            {Series::Evicted, true, Head, Mass, tr("regret"), tr("mass")},
            {Series::Milliseconds, false, Run, Milliseconds, tr("time"), tr("ms")}};
}

QString TrackKind::numberText(double value) const {
    switch (number) {
    case Number::Share:
        return percent(value).remove(QStringLiteral(" %"));
    case Number::Milliseconds:
        return value > 0 && value < 10 ? QString::number(value, 'f', 1)
                                       : wholeNumber(std::llround(value));
    case Number::Nats:
        return QString::number(value, 'f', 3);
    case Number::Mass:
        return QString::number(value, 'g', 3);
    case Number::Count:
        break;
    }
    return shortNumber(value);
}

QString TrackKind::valueText(double value) const {
    const bool withUnit =
        number != Number::Nats && number != Number::Mass && series != Series::Evicted;
    return withUnit ? numberText(value) + QLatin1Char(' ') + unit : numberText(value);
}

bool TrackKind::offeredFor(const RunInfo& run) const {
    if (regret)
        return checkLosses(run).ok();
    // Outside causal mode nothing is predicted but answers.
    if (series == Series::Nll && run.configuration.mode != QStringLiteral("causal") &&
        run.parent == 0)
        return false;
    return hasSeries(run, series);
}

std::vector<float> regretBySteps(const HeadLosses& losses, int steps) {
    std::vector<float> greatest(std::size_t(std::max(0, steps)),
                                std::numeric_limits<float>::quiet_NaN());
    for (const EvictionRegret& regret : losses.regrets)
        if (regret.evictedStep < steps) {
            float& step = greatest[std::size_t(regret.evictedStep)];
            step = std::isnan(step) ? float(regret.mass) : std::max(step, float(regret.mass));
        }
    return greatest;
}

} // namespace attendre
