#include "widgets/metric_charts.h"

#include "model/analysis/series.h"
#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace attendre {

namespace {

constexpr double headroom = 1.06; // above the highest value
constexpr int mostBins = 24;
constexpr int roomForDots = 12; // px between two values from which dots mark them

QSharedPointer<QCPAxisTicker> numbers(bool whole) {
    return QSharedPointer<QCPAxisTicker>(new NumberTicker(whole));
}

void paint(QCPBars* bars, QColor colour, float opacity = 1) {
    colour.setAlphaF(opacity);
    bars->setPen(Qt::NoPen);
    bars->setBrush(colour);
    bars->setAntialiased(false);
}

} // namespace

// --- nll per token

TokenLossChart::TokenLossChart(const Theme* theme, QWidget* parent)
    : MetricChart(theme, tr("nll per token"), parent), m_tokens(new QCPBars(xAxis, yAxis)),
      m_stressed(new QCPBars(xAxis, yAxis)), m_mean(addGraph()), m_legend(new RunLegend(this)) {
    plotLayout()->insertRow(1);
    plotLayout()->addElement(1, 0, m_legend);
    xAxis->setTicker(numbers(true));
    yAxis->setTicker(numbers(false));
    setUnits(tr("position"), tr("nats"));
    for (QCPBars* bars : {m_tokens, m_stressed})
        bars->setWidth(0.86);
}

void TokenLossChart::dressData() {
    paint(m_tokens, theme().resident(), 0.6f);
    paint(m_stressed, theme().accent());
    m_mean->setPen(m_comparison.runs.empty() ? QPen(theme().text(), 1)
                                             : QPen(theme().run(m_comparison.runs.front().run), 2));
    m_legend->dress(font(), theme().text());
    std::vector<RunLegend::Entry> entries;
    if (!m_comparison.runs.empty())
        entries.push_back({tr("mean nll of %1 tokens:").arg(wholeNumber(m_comparison.tokens)), {}});
    for (std::size_t i = 0; i < m_comparison.runs.size(); ++i) {
        const LossComparison::Run& run = m_comparison.runs[i];
        entries.push_back(
            {tr("%1: %2").arg(run.name, QString::number(run.mean, 'f', 3)), theme().run(run.run)});
        if (i > 0)
            m_others[i - 1]->setPen(QPen(theme().run(run.run), 1.5));
    }
    m_legend->setEntries(entries);
}

void TokenLossChart::fit() {
    m_legend->fit(width());
    MetricChart::fit();
}

void TokenLossChart::compare(const LossComparison& comparison) {
    m_comparison = comparison;
    while (m_others.size() + 1 < m_comparison.runs.size())
        m_others.push_back(addGraph());
    for (std::size_t i = 0; i < m_others.size(); ++i) {
        QVector<double> at, means;
        if (i + 1 < m_comparison.runs.size()) {
            const LossComparison::Run& run = m_comparison.runs[i + 1];
            for (std::size_t k = 0; k < run.at.size(); ++k)
                if (std::isfinite(run.smoothed[k])) {
                    at << run.at[k];
                    means << double(run.smoothed[k]);
                }
        }
        m_others[i]->setData(at, means, true);
    }
    setSight();
    dress();
}

void TokenLossChart::setSight() {
    double most = m_most;
    for (const LossComparison::Run& run : m_comparison.runs)
        for (const float mean : run.smoothed)
            if (std::isfinite(mean))
                most = std::max(most, double(mean));
    setWhole({m_step.firstPosition - 0.5, m_step.firstPosition + std::max(1, m_step.arrived) - 0.5},
             std::max(0.5, most) * headroom);
}

void TokenLossChart::show(const StepMetrics& step, std::int32_t entry) {
    m_step = step;
    std::vector<float> all;
    for (const TokenInfo& token : step.tokens)
        all.push_back(token.nll);
    const std::vector<float> mean = runningMean(all, lossMeanWindow);
    QVector<double> at, nll, meanAt, means;
    double most = 0;
    for (std::size_t i = 0; i < step.tokens.size(); ++i) {
        const TokenInfo& token = step.tokens[i];
        if (token.position < step.firstPosition)
            continue;
        if (std::isfinite(mean[i])) {
            meanAt << token.position;
            means << double(mean[i]);
        }
        if (std::isfinite(token.nll)) {
            at << token.position;
            nll << double(token.nll);
            most = std::max(most, double(token.nll));
        }
    }
    m_tokens->setData(at, nll, true);
    m_mean->setData(meanAt, means, true);
    setNote(tr("line: mean of %1").arg(lossMeanWindow));
    setSentence(at.isEmpty()
                    ? tr("No token of this step has an nll: it exists in causal runs only.")
                    : QString());
    stress(entry);
    m_most = most;
    setSight();
}

void TokenLossChart::stress(std::int32_t entry) {
    const TokenInfo* token = m_step.token(entry);
    QVector<double> at, nll;
    if (token && std::isfinite(token->nll)) {
        at << entry;
        nll << double(token->nll);
    }
    m_stressed->setData(at, nll, true);
    queue();
}

QString TokenLossChart::valueAt(double x, double) const {
    const TokenInfo* token = m_step.token(std::int32_t(std::lround(x)));
    if (!token)
        return {};
    const QString who = tr("%1 (%2)").arg(quotedToken(token->text), wholeNumber(token->position));
    if (std::isnan(token->nll))
        return tr("%1: its nll is not known yet").arg(who);
    QString text = tr("%1: nll %2 nats, probability %3")
                       .arg(who, QString::number(double(token->nll), 'f', 3),
                            percent(std::exp(-double(token->nll))));
    for (std::size_t i = 1; i < m_comparison.runs.size(); ++i) {
        const LossComparison::Run& run = m_comparison.runs[i];
        const auto found = std::find(run.at.begin(), run.at.end(), token->position);
        if (found != run.at.end())
            text += tr("; in run %1 %2")
                        .arg(run.name)
                        .arg(double(run.nll[std::size_t(found - run.at.begin())]), 0, 'f', 3);
    }
    return text;
}

// --- the next token

NextTokenChart::NextTokenChart(const Theme* theme, QWidget* parent)
    : MetricChart(theme, tr("next token"), parent), m_words(new QCPBars(yAxis, xAxis)),
      m_came(new QCPBars(yAxis, xAxis)) {
    xAxis->setTicker(numbers(false));
    xAxis->grid()->setVisible(true);
    yAxis->grid()->setVisible(false);
    yAxis->setTickLength(0, 0);
    setInteractions(QCP::Interactions()); // a list of words: nothing to look closer at
    setUnits(tr("probability, %"), {});
    for (QCPBars* bars : {m_words, m_came})
        bars->setWidth(0.8);
}

void NextTokenChart::dressData() {
    paint(m_words, theme().resident(), 0.6f);
    paint(m_came, theme().accent());
    yAxis->setTickLabelColor(theme().text());
    for (std::size_t i = 0; i < m_labels.size(); ++i) {
        const bool came = i < m_step.next.size() && m_step.next[i].id == m_step.cameId;
        m_labels[i]->setFont(font());
        m_labels[i]->setColor(came ? theme().accent() : theme().quietText());
    }
}

double NextTokenChart::keyOf(std::size_t rank) const {
    return double(m_step.next.size() - 1 - rank); // the most likely on top
}

void NextTokenChart::show(const StepMetrics& step) {
    m_step = step;
    while (m_labels.size() > step.next.size()) {
        removeItem(m_labels.back());
        m_labels.pop_back();
    }
    while (m_labels.size() < step.next.size()) {
        auto* label = new QCPItemText(this);
        label->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        label->setPadding({5, 0, 0, 0});
        m_labels.push_back(label);
    }
    QVector<double> keys, shares, cameKeys, cameShares;
    double most = 0;
    for (std::size_t i = 0; i < step.next.size(); ++i) {
        const LikelyToken& word = step.next[i];
        const double share = 100 * word.probability;
        const bool came = word.id == step.cameId;
        (came ? cameKeys : keys) << keyOf(i);
        (came ? cameShares : shares) << share;
        most = std::max(most, share);
        m_labels[i]->position->setCoords(share, keyOf(i));
        m_labels[i]->setText(came ? tr("%1 came").arg(percent(word.probability))
                                  : percent(word.probability));
    }
    m_words->setData(keys, shares);
    m_came->setData(cameKeys, cameShares);
    setNote(tr("after step %1").arg(step.step));
    setSentence(step.next.empty() ? tr("The next token's distribution was not recorded.")
                                  : QString());
    m_most = most;
    fit();
    dressData();
    queue();
}

// The most likely words that have a line of their own.
void NextTokenChart::fit() {
    MetricChart::fit();
    yAxis->setLabel({});
    const double line = QFontMetricsF(font()).height() + 1;
    const int axes = xAxis->label().isEmpty() ? 2 : 3;
    const int words = int(m_step.next.size());
    const int rows =
        std::clamp(int((height() - (1 + axes) * line - 8) / line), 1, std::max(1, words));
    // Room for the number behind the longest bar.
    setFixed({0, std::max(1.0, m_most) * (width() < 260 ? 1.6 : 1.3)},
             {words - rows - 0.5, words - 0.5});
    // A long word leaves the bars their room.
    const auto names = QSharedPointer<QCPAxisTickerText>::create();
    const QFontMetricsF metrics(yAxis->tickLabelFont());
    for (std::size_t i = 0; i < m_labels.size(); ++i) {
        m_labels[i]->setVisible(int(i) < rows);
        names->addTick(keyOf(i), metrics.elidedText(isolated(plainToken(m_step.next[i].text)),
                                                    Qt::ElideRight, std::max(40.0, width() * 0.3)));
    }
    yAxis->setTicker(names);
}

QString NextTokenChart::valueAt(double, double y) const {
    for (std::size_t i = 0; i < m_step.next.size(); ++i)
        if (std::lround(y) == std::lround(keyOf(i)))
            return tr("%1 of the likely next tokens after step %2: %3, %4%5")
                .arg(ordinal(int(i) + 1))
                .arg(m_step.step)
                .arg(quotedToken(m_step.next[i].text), percent(m_step.next[i].probability),
                     m_step.next[i].id == m_step.cameId ? tr("; it came") : QString());
    return {};
}

// --- a series over the steps

CourseChart::CourseChart(const Theme* theme, const QString& title, const QString& unit,
                         Colour colour, QWidget* parent)
    : MetricChart(theme, title, parent), m_unit(unit), m_colour(std::move(colour)),
      m_low(addGraph()), m_high(addGraph()), m_mean(addGraph()), m_marker(addMarker()) {
    xAxis->setTicker(numbers(true));
    yAxis->setTicker(numbers(false));
    setUnits(tr("step"), unit);
    m_high->setChannelFillGraph(m_low);
}

void CourseChart::dressData() {
    const QColor colour = m_colour(theme());
    QColor band = colour;
    band.setAlphaF(0.22f);
    m_low->setPen(Qt::NoPen);
    m_high->setPen(Qt::NoPen);
    m_high->setBrush(band);
    m_mean->setPen(QPen(colour, 1));
    m_marker->setPen(QPen(theme().accent(), 1));
}

void CourseChart::show(const Course& course, const std::vector<Extent>& extents, int steps,
                       double high, const QString& note) {
    m_course = course;
    m_extents = extents;
    QVector<double> at, low, mean, top;
    for (std::size_t i = 0; i < extents.size(); ++i) {
        const Extent& extent = extents[i];
        if (extent.count == 0 || !std::isfinite(extent.mean))
            continue;
        const auto [first, last] = course.stepsOf(i, extents.size());
        at << (first + last) / 2.0;
        low << double(extent.minimum);
        mean << double(extent.mean);
        top << double(extent.maximum);
        high = std::max(high, double(extent.maximum));
    }
    m_low->setData(at, low, true);
    m_high->setData(at, top, true);
    m_mean->setData(at, mean, true);
    setNote(note);
    setSentence(at.isEmpty() ? tr("Nothing was recorded here.") : QString());
    // Looking closer reads anew: what is not in sight still counts for the height.
    setWhole({-0.5, std::max(1, steps) - 0.5}, isZoomed() ? yAxis->range().upper : high * headroom);
    fit();
}

void CourseChart::fit() {
    MetricChart::fit();
    const bool apart = !m_extents.empty() && width() / double(m_extents.size()) > roomForDots;
    m_mean->setScatterStyle(apart ? QCPScatterStyle(QCPScatterStyle::ssDisc, 4.5)
                                  : QCPScatterStyle(QCPScatterStyle::ssNone));
}

void CourseChart::setStep(int step) {
    m_marker->point1->setCoords(step, 0);
    m_marker->point2->setCoords(step, 1);
    queue();
}

QString CourseChart::valueAt(double x, double) const {
    const int step = int(std::lround(x));
    for (std::size_t i = 0; i < m_extents.size(); ++i) {
        const auto [first, last] = m_course.stepsOf(i, m_extents.size());
        const Extent& extent = m_extents[i];
        if (step < first || step > last || extent.count == 0)
            continue;
        const auto value = [this](float number) {
            return tr("%1 %2").arg(shortNumber(double(number)), m_unit);
        };
        if (first == last)
            return tr("step %1: %2 %3").arg(step).arg(title(), value(extent.mean));
        return tr("steps %1 to %2: %3 %4 on average, %5 to %6")
            .arg(first)
            .arg(last)
            .arg(title(), value(extent.mean), shortNumber(double(extent.minimum)),
                 value(extent.maximum));
    }
    return {};
}

// --- age at eviction

AgeChart::AgeChart(const Theme* theme, QWidget* parent)
    : MetricChart(theme, tr("age at eviction"), parent), m_bars(new QCPBars(xAxis, yAxis)),
      m_median(addMarker()) {
    xAxis->setTicker(numbers(true));
    yAxis->setTicker(numbers(true));
    setUnits(tr("age, steps"), tr("entries"));
}

void AgeChart::dressData() {
    paint(m_bars, theme().evicted(), 0.7f);
    m_median->setPen(QPen(theme().text(), 1, Qt::DashLine));
}

void AgeChart::show(const std::vector<std::int64_t>& ages, int step) {
    m_bins = histogram(ages, mostBins);
    QVector<double> at, counts;
    for (std::size_t i = 0; i < m_bins.counts.size(); ++i) {
        at << double(m_bins.begin(i)) + double(m_bins.width - 1) / 2;
        counts << double(m_bins.counts[i]);
    }
    m_bars->setWidth(double(m_bins.width) * 0.94);
    m_bars->setData(at, counts, true);
    const std::int64_t median = quantile(ages, 0.5);
    m_median->point1->setCoords(double(median), 0);
    m_median->point2->setCoords(double(median), 1);
    setNote(tr("%1 until step %2, median %3")
                .arg(wholeNumber(m_bins.total))
                .arg(step)
                .arg(wholeNumber(median)));
    setSentence(
        ages.empty()
            ? tr("Nobody has been evicted from this layer and head until step %1.").arg(step)
            : QString());
    const double end = double(m_bins.begin(m_bins.counts.size())) - 0.5;
    setWhole({-0.5, std::max(end, 1.5)},
             double(std::max<std::int64_t>(1, m_bins.most())) * headroom);
}

QString AgeChart::valueAt(double x, double) const {
    const std::int64_t age = std::llround(x);
    for (std::size_t i = 0; i < m_bins.counts.size(); ++i) {
        const std::int64_t first = m_bins.begin(i), last = m_bins.begin(i + 1) - 1;
        if (age < first || age > last)
            continue;
        const QString count = wholeNumber(m_bins.counts[i]);
        if (first == last)
            return tr("%1 entries were evicted at an age of %2 steps").arg(count).arg(first);
        return tr("%1 entries were evicted at an age of %2 to %3 steps")
            .arg(count)
            .arg(first)
            .arg(last);
    }
    return {};
}

} // namespace attendre
