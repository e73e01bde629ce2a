#include "widgets/metrics_view.h"

#include "model/analysis/series.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QKeyEvent>
#include <QMouseEvent>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {
constexpr int meanWindow = 64;    // tokens of the running mean
constexpr int courseLength = 400; // extents of a series over the run
} // namespace

MetricsView::MetricsView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("Metrics"), parent) {}

QString MetricsView::titleOf(Plot plot) {
    switch (plot) {
    case Plot::Nll:
        return tr("nll per token");
    case Plot::Next:
        return tr("next token");
    case Plot::Occupancy:
        return tr("occupancy");
    case Plot::Age:
        return tr("age at eviction");
    case Plot::Time:
        return tr("time per step");
    case Plot::All:
        break;
    }
    return tr("all");
}

QWidget* MetricsView::headerWidget() {
    if (m_chooser)
        return m_chooser;
    m_chooser = new QComboBox(this);
    m_chooser->setAccessibleName(tr("Plot"));
    for (int i = 0; i <= int(Plot::Time); ++i)
        m_chooser->addItem(titleOf(Plot(i)));
    m_chooser->setCurrentIndex(int(m_plot));
    connect(m_chooser, &QComboBox::currentIndexChanged, this,
            [this](int index) { setPlot(Plot(index)); });
    return m_chooser;
}

void MetricsView::setPlot(Plot plot) {
    m_plot = plot;
    if (m_chooser)
        m_chooser->setCurrentIndex(int(plot));
    contentChanged();
}

void MetricsView::forget() {
    m_step = {};
    m_run = {};
}

QString MetricsView::missing() const {
    return m_step.step < 0 ? tr("Reading step %1 …").arg(now().step) : QString();
}

void MetricsView::refresh(const Point& now, const Point& before) {
    if (now.run != before.run || now.layer != before.layer || now.head != before.head) {
        const RunInfo run = *currentRun();
        const int count = steps();
        read<RunContent>(
            "run", [=](Reader& reader) { return readRun(reader, run, now, count); },
            [this](RunContent content) { m_run = std::move(content); });
    }
    if (now.run != before.run || now.step != before.step || m_step.step < 0)
        read<StepContent>(
            "step", [now](Reader& reader) { return readStep(reader, now); },
            [this](StepContent content) { m_step = std::move(content); });
    setSubtitle(tr("step %1 · layer %2, head %3").arg(now.step).arg(now.layer).arg(now.head));
}

Result<MetricsView::StepContent> MetricsView::readStep(Reader& reader, const Point& point) {
    StepContent content;
    const auto steps = reader.steps(point.run, point.step, 1);
    if (!steps)
        return steps.error();
    if (steps->empty())
        return Error{tr("Step %1 is not recorded.").arg(point.step)};
    content.step = point.step;
    content.firstPosition = steps->front().firstPosition;
    content.arrived = steps->front().arrived;
    const std::int32_t from = std::max(0, content.firstPosition - meanWindow);
    const std::int32_t end = content.firstPosition + content.arrived;
    auto tokens = reader.tokens(point.run, from, end - from + 1);
    if (!tokens)
        return tokens.error();
    content.tokens = tokens.take();
    if (!content.tokens.empty() && content.tokens.back().position == end) {
        content.cameId = content.tokens.back().id;
        content.cameText = content.tokens.back().text;
        content.tokens.pop_back();
    }
    const auto next = reader.nextTokens(point.run, point.step);
    if (!next)
        return next.error();
    for (const auto& [id, logProbability] : *next) {
        // A token that the document never uses may have no text in the trace: its id stands for it.
        const auto text = reader.tokenText(point.run, id);
        content.next.push_back(
            {id, text ? *text : "#" + QByteArray::number(id), std::exp(double(logProbability))});
    }
    return content;
}

Result<MetricsView::RunContent> MetricsView::readRun(Reader& reader, const RunInfo& run,
                                                     const Point& point, int steps) {
    RunContent content;
    content.capacity = memoryOf(run, point.layer);
    const int count = std::min(courseLength, steps);
    auto occupancy =
        reader.extents(run.run, Series::Occupancy, point.layer, -1, 0, steps - 1, count);
    if (!occupancy)
        return occupancy.error();
    content.occupancy = occupancy.take();
    auto milliseconds = reader.extents(run.run, Series::Milliseconds, -1, -1, 0, steps - 1, count);
    if (!milliseconds)
        return milliseconds.error();
    content.milliseconds = milliseconds.take();
    const auto lives = reader.lives(run.run, point.layer, point.head, 0, std::int32_t(run.tokens));
    if (!lives)
        return lives.error();
    for (const Life& life : *lives)
        if (life.insertedStep >= 0 && life.evictedStep >= 0)
            content.ages.emplace_back(life.evictedStep, life.evictedStep - life.insertedStep);
    return content;
}

std::vector<std::int64_t> MetricsView::agesUntilNow() const {
    std::vector<std::int64_t> ages;
    for (const auto& [step, age] : m_run.ages)
        if (step <= now().step)
            ages.push_back(age);
    return ages;
}

std::vector<float> MetricsView::ownNll() const {
    std::vector<float> values;
    for (const TokenInfo& token : m_step.tokens)
        if (token.position >= m_step.firstPosition)
            values.push_back(token.nll);
    return values;
}

int MetricsView::tokenAt(const QPointF& at) const {
    if (m_step.arrived <= 0 || m_nllPlot.isEmpty() ||
        !m_nllPlot.adjusted(0, -4, 0, 18).contains(at))
        return -1;
    return std::clamp(int((at.x() - m_nllPlot.left()) / m_nllPlot.width() * m_step.arrived), 0,
                      m_step.arrived - 1);
}

void MetricsView::mousePressEvent(QMouseEvent* event) {
    const int index = event->button() == Qt::LeftButton ? tokenAt(event->position()) : -1;
    if (index < 0)
        return PlotView::mousePressEvent(event);
    const std::int32_t position = m_step.firstPosition + index;
    go([position](Point& point) { point.entry = position; });
}

void MetricsView::keyPressEvent(QKeyEvent* event) {
    if (isBlank() || m_step.arrived <= 0)
        return PlotView::keyPressEvent(event);
    const auto choose = [this](std::int32_t position) {
        const std::int32_t last = m_step.firstPosition + m_step.arrived - 1;
        go([&](Point& p) { p.entry = std::clamp(position, m_step.firstPosition, last); }, true);
    };
    const bool inside =
        now().entry >= m_step.firstPosition && now().entry < m_step.firstPosition + m_step.arrived;
    switch (event->key()) {
    case Qt::Key_Left:
        return choose(inside ? now().entry - 1 : m_step.firstPosition);
    case Qt::Key_Right:
        return choose(inside ? now().entry + 1 : m_step.firstPosition);
    case Qt::Key_Home:
        return choose(m_step.firstPosition);
    case Qt::Key_End:
        return choose(m_step.firstPosition + m_step.arrived - 1);
    case Qt::Key_M:
        return setPlot(Plot((int(m_plot) + 1) % (int(Plot::Time) + 1)));
    default:
        PlotView::keyPressEvent(event);
    }
}

QString MetricsView::hoverText(const QPointF& at) {
    const int index = tokenAt(at);
    if (index < 0)
        return summary();
    for (const TokenInfo& token : m_step.tokens)
        if (token.position == m_step.firstPosition + index)
            return std::isnan(token.nll)
                       ? tr("%1 (%2): its nll is not known yet")
                             .arg(quotedToken(token.text), wholeNumber(token.position))
                       : tr("%1 (%2): nll %3, probability %4")
                             .arg(quotedToken(token.text), wholeNumber(token.position),
                                  QString::number(double(token.nll), 'f', 3),
                                  percent(std::exp(-double(token.nll))));
    return summary();
}

QString MetricsView::summary() const {
    if (m_step.step < 0)
        return {};
    const Extent nll = unite(extentsOf(ownNll(), 0, std::max(0, m_step.arrived - 1), 1));
    QString text = tr("step %1").arg(m_step.step);
    if (nll.count)
        text += tr(" · mean nll %1").arg(QString::number(double(nll.mean), 'f', 3));
    if (!m_step.next.empty())
        text += tr(" · most likely next %1, %2")
                    .arg(quotedToken(m_step.next.front().text),
                         percent(m_step.next.front().probability));
    const auto ages = agesUntilNow();
    if (!ages.empty())
        text += tr(" · median age at eviction %1 steps").arg(quantile(ages, 0.5));
    return text;
}

QString MetricsView::csv() const {
    QString text;
    if (m_plot == Plot::Next) {
        text = QStringLiteral("id,probability\n");
        for (const NextWord& word : m_step.next)
            text += QStringLiteral("%1,%2\n").arg(word.id).arg(word.probability);
    } else if (m_plot == Plot::Age) {
        text = QStringLiteral("step_evicted,age_in_steps\n");
        for (const auto& [step, age] : m_run.ages)
            text += QStringLiteral("%1,%2\n").arg(step).arg(age);
    } else if (m_plot == Plot::Occupancy || m_plot == Plot::Time) {
        text = QStringLiteral("bucket,minimum,maximum,mean\n");
        int bucket = 0;
        for (const Extent& e : m_plot == Plot::Time ? m_run.milliseconds : m_run.occupancy)
            text += QStringLiteral("%1,%2,%3,%4\n")
                        .arg(bucket++)
                        .arg(e.minimum)
                        .arg(e.maximum)
                        .arg(e.mean);
    } else {
        text = QStringLiteral("position,id,nll\n");
        for (const TokenInfo& token : m_step.tokens)
            if (token.position >= m_step.firstPosition && !std::isnan(token.nll))
                text += QStringLiteral("%1,%2,%3\n")
                            .arg(token.position)
                            .arg(token.id)
                            .arg(double(token.nll));
    }
    return text;
}

} // namespace attendre
