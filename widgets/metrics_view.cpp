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
constexpr int chartWidth = 240, chartHeight = 128; // px that a chart reads well in
constexpr int gap = 10;
} // namespace

MetricsView::MetricsView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("Metrics"), parent), m_loss(new TokenLossChart(context.theme, this)),
      m_next(new NextTokenChart(context.theme, this)),
      m_occupancy(new CourseChart(
          context.theme, tr("occupancy"), tr("slots"),
          [](const Theme& theme) { return theme.inChunk(); }, this)),
      m_time(new CourseChart(
          context.theme, tr("time per step"), tr("ms"),
          [](const Theme& theme) { return theme.quietText(); }, this)),
      m_ages(new AgeChart(context.theme, this)) {
    m_known = std::make_shared<KnownLosses>();
    m_charts = {m_loss, m_next, m_occupancy, m_ages, m_time};
    for (MetricChart* chart : m_charts)
        chart->dress();
    wire();
    arrange();
}

void MetricsView::wire() {
    for (MetricChart* chart : m_charts)
        connect(chart, &QCustomPlot::mouseMove, this, [this, chart](QMouseEvent* event) {
            emit hovered(chart->hoverText(event->position()));
        });
    connect(m_loss, &MetricChart::clicked, this, &MetricsView::chooseToken);
    for (CourseChart* chart : {m_occupancy, m_time}) {
        CourseChart* other = chart == m_time ? m_occupancy : m_time;
        connect(chart, &MetricChart::clicked, this, &MetricsView::chooseStep);
        connect(chart, &MetricChart::looked, this, [this, chart, other] {
            other->follow(chart->visible());
            readCourseInSight();
        });
    }
}

QWidget* MetricsView::headerWidget() {
    if (m_chooser)
        return m_chooser;
    m_chooser = new QComboBox(this);
    m_chooser->setAccessibleName(tr("Plot"));
    m_chooser->addItem(tr("all"));
    for (const MetricChart* chart : m_charts)
        m_chooser->addItem(chart->title());
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
    m_course = {};
    m_known = std::make_shared<KnownLosses>();
    m_loss->compare({});
}

// Another run that grows has more to be compared with.
void MetricsView::traceGrown(int run, int steps) {
    PlotView::traceGrown(run, steps);
    if (run != now().run && isVisible() && currentRun() && this->steps() > 0)
        readLosses();
}

QString MetricsView::missing() const {
    return m_step.step < 0 ? tr("Reading step %1 …").arg(now().step) : QString();
}

// --- what is read

void MetricsView::refresh(const Point& now, const Point& before) {
    if (now.run != before.run || now.layer != before.layer || now.head != before.head) {
        const RunInfo run = *currentRun();
        read<RunMetrics>(
            "run", [=](Reader& reader) { return readRunMetrics(reader, run, now); },
            [this](RunMetrics content) {
                m_run = std::move(content);
                m_ages->show(m_run.agesUntil(this->now().step), this->now().step);
            });
        readCourseInSight();
    }
    if (now.run != before.run || now.step != before.step || m_step.step < 0)
        read<StepMetrics>(
            "step", [now](Reader& reader) { return readStepMetrics(reader, now); },
            [this](StepMetrics content) {
                m_step = std::move(content);
                showStep();
                readLosses();
            });
    showPoint();
    setSubtitle(tr("step %1 · layer %2, head %3").arg(now.step).arg(now.layer).arg(now.head),
                {tr("step %1").arg(now.step), QString()});
}

void MetricsView::readLosses() {
    if (source().runs().size() < 2)
        return;
    read<LossComparison>(
        "losses",
        [runs = source().runs(), point = now(), known = m_known](Reader& reader) {
            return readLossComparison(reader, runs, point, *known);
        },
        [this](LossComparison comparison) { m_loss->compare(comparison); });
}

// The steps that the charts show, as finely as there are pixels for.
void MetricsView::readCourseInSight() {
    const int last = steps() - 1;
    if (!currentRun() || last < 0)
        return;
    int from = 0, to = last;
    if (m_occupancy->isZoomed()) {
        from = std::clamp(int(std::floor(m_occupancy->visible().lower)), 0, last);
        to = std::clamp(int(std::ceil(m_occupancy->visible().upper)), from, last);
    }
    read<Course>(
        "course",
        [point = now(), from, to](Reader& reader) { return readCourse(reader, point, from, to); },
        [this](Course course) {
            m_course = std::move(course);
            showCourse();
        });
}

// --- what is drawn

void MetricsView::showStep() {
    m_loss->show(m_step, now().entry);
    m_next->show(m_step);
    m_ages->show(m_run.agesUntil(now().step), now().step);
}

void MetricsView::showCourse() {
    const RunInfo* run = currentRun();
    const int capacity = run ? memoryOf(*run, now().layer) : 0;
    m_occupancy->show(m_course, m_course.occupancy, steps(), capacity,
                      tr("M = %1").arg(wholeNumber(capacity)));
    m_time->show(m_course, m_course.milliseconds, steps(), 0, {});
}

void MetricsView::showPoint() {
    m_occupancy->setStep(now().step);
    m_time->setStep(now().step);
    m_loss->stress(now().entry);
}

void MetricsView::contentChanged() {
    PlotView::contentChanged();
    arrange();
}

void MetricsView::themeChanged() {
    for (MetricChart* chart : m_charts)
        chart->dress();
    PlotView::themeChanged();
}

void MetricsView::resizeEvent(QResizeEvent* event) {
    PlotView::resizeEvent(event);
    arrange();
}

// As many charts as read well; the first ones say most, and the loss takes what is over.
void MetricsView::arrange() {
    std::vector<MetricChart*> shown;
    const QRect area = plotArea().toRect();
    const int columns = std::clamp(area.width() / chartWidth, 1, 3);
    const int fitting = std::clamp(area.height() / chartHeight, 1, 5) * columns;
    for (int i = 0; i < int(m_charts.size()); ++i) {
        const bool wanted = m_plot == Plot::All ? i < fitting : i + 1 == int(m_plot);
        if (wanted && !isBlank())
            shown.push_back(m_charts[std::size_t(i)]);
    }
    const int n = int(shown.size()), across = std::min(columns, std::max(1, n));
    const int rows = std::max(1, (n + across - 1) / across);
    const int width = (area.width() - gap * (across - 1)) / across;
    const int height = (area.height() - gap * (rows - 1)) / rows;
    int cell = 0;
    for (MetricChart* chart : shown) {
        const int span = cell == 0 ? std::min(across * rows - n + 1, across) : 1;
        chart->setGeometry(area.left() + cell % across * (width + gap),
                           area.top() + cell / across * (height + gap),
                           width * span + gap * (span - 1), height);
        cell += span;
    }
    for (MetricChart* chart : m_charts)
        chart->setVisible(std::find(shown.begin(), shown.end(), chart) != shown.end());
}

bool MetricsView::paintOn(QPaintDevice* device) {
    QCPPainter painter;
    if (!painter.begin(device))
        return false;
    painter.fillRect(rect(), theme().panel());
    for (MetricChart* chart : m_charts) {
        if (chart->isHidden())
            continue;
        painter.save();
        painter.translate(chart->pos());
        chart->drawOn(painter);
        painter.restore();
    }
    return true;
}

// --- the mouse and the keys

void MetricsView::chooseToken(double position) {
    const std::int32_t last = m_step.firstPosition + m_step.arrived - 1;
    const std::int32_t entry =
        std::clamp(std::int32_t(std::lround(position)), m_step.firstPosition, std::max(last, 0));
    go([entry](Point& point) { point.entry = entry; });
}

void MetricsView::chooseStep(double step) {
    const int chosen = std::clamp(int(std::lround(step)), 0, std::max(0, steps() - 1));
    go([chosen](Point& point) { point.step = chosen; });
}

QString MetricsView::hoverText(const QPointF& at) {
    for (const MetricChart* chart : m_charts)
        if (chart->isVisible() && chart->geometry().contains(at.toPoint())) {
            const QString text = chart->hoverText(at - chart->pos());
            if (!text.isEmpty())
                return text;
        }
    return summary();
}

bool MetricsView::moveToken(int key) {
    const std::int32_t first = m_step.firstPosition, last = first + m_step.arrived - 1;
    const bool inside = now().entry >= first && now().entry <= last;
    std::int32_t wanted = 0;
    switch (key) {
    case Qt::Key_Left:
        wanted = inside ? now().entry - 1 : first;
        break;
    case Qt::Key_Right:
        wanted = inside ? now().entry + 1 : first;
        break;
    case Qt::Key_Home:
        wanted = first;
        break;
    case Qt::Key_End:
        wanted = last;
        break;
    default:
        return false;
    }
    go([&](Point& point) { point.entry = std::clamp(wanted, first, last); }, true);
    return true;
}

// + and - look closer at the current token and step, A and D move along, 0 shows everything.
void MetricsView::keyPressEvent(QKeyEvent* event) {
    if (isBlank() || m_step.arrived <= 0)
        return PlotView::keyPressEvent(event);
    const auto zoom = [this](double factor) {
        const bool inside = m_step.token(now().entry) != nullptr;
        m_loss->zoom(factor, inside ? std::optional<double>(now().entry) : std::nullopt);
        m_occupancy->zoom(factor, now().step); // the other course follows
        m_ages->zoom(factor, 0);
    };
    const auto pan = [this](double share) {
        m_loss->pan(share);
        m_occupancy->pan(share);
        m_ages->pan(share);
    };
    switch (event->key()) {
    case Qt::Key_M:
        return setPlot(Plot((int(m_plot) + 1) % (int(Plot::Time) + 1)));
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_W:
        return zoom(0.8);
    case Qt::Key_Minus:
    case Qt::Key_S:
        return zoom(1.25);
    case Qt::Key_A:
        return pan(-0.1);
    case Qt::Key_D:
        return pan(0.1);
    case Qt::Key_0:
        return bringIntoView();
    default:
        if (!moveToken(event->key()))
            PlotView::keyPressEvent(event);
    }
}

void MetricsView::bringIntoView() {
    for (MetricChart* chart : m_charts)
        if (chart != m_next)
            chart->showAll();
}

// --- in words and numbers

QString MetricsView::summary() const {
    if (m_step.step < 0)
        return {};
    const std::vector<float> own = m_step.ownNll();
    const Extent nll = unite(extentsOf(own, 0, int(own.size()) - 1, 1));
    QString text = tr("step %1").arg(m_step.step);
    if (nll.count)
        text += tr(" · mean nll %1").arg(QString::number(double(nll.mean), 'f', 3));
    if (!m_step.next.empty())
        text += tr(" · most likely next %1, %2")
                    .arg(quotedToken(m_step.next.front().text),
                         percent(m_step.next.front().probability));
    const auto ages = m_run.agesUntil(now().step);
    if (!ages.empty())
        text += tr(" · median age at eviction %1 steps").arg(quantile(ages, 0.5));
    return text;
}

QString MetricsView::csv() const {
    QString text;
    if (m_plot == Plot::Next) {
        text = QStringLiteral("id,probability\n");
        for (const LikelyToken& word : m_step.next)
            text += QStringLiteral("%1,%2\n").arg(word.id).arg(word.probability);
    } else if (m_plot == Plot::Age) {
        text = QStringLiteral("step_evicted,age_in_steps\n");
        for (const auto& [step, age] : m_run.ages)
            text += QStringLiteral("%1,%2\n").arg(step).arg(age);
    } else if (m_plot == Plot::Occupancy || m_plot == Plot::Time) {
        const auto& extents = m_plot == Plot::Time ? m_course.milliseconds : m_course.occupancy;
        text = QStringLiteral("first_step,last_step,minimum,maximum,mean\n");
        for (std::size_t i = 0; i < extents.size(); ++i) {
            const auto [first, last] = m_course.stepsOf(i, extents.size());
            if (extents[i].count)
                text += QStringLiteral("%1,%2,%3,%4,%5\n")
                            .arg(first)
                            .arg(last)
                            .arg(extents[i].minimum)
                            .arg(extents[i].maximum)
                            .arg(extents[i].mean);
        }
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
