#include "widgets/overview_view.h"

#include "model/analysis/series.h"
#include "widgets/overview_metrics.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QKeyEvent>
#include <QMouseEvent>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr int courseLength = 48; // extents a sparkline is made of

const auto& metrics = overviewMetrics;

} // namespace

OverviewView::OverviewView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("Overview"), parent) {}

int OverviewView::metricCount() {
    return int(metrics.size());
}

QString OverviewView::metricTitle(int metric) {
    return tr(metrics[std::size_t(metric)].title);
}

QWidget* OverviewView::headerWidget() {
    if (m_chooser)
        return m_chooser;
    m_chooser = new QComboBox(this);
    m_chooser->setAccessibleName(tr("Metric"));
    for (int i = 0; i < metricCount(); ++i) {
        m_chooser->addItem(metricTitle(i));
        m_chooser->setItemData(i, tr(metrics[std::size_t(i)].meaning), Qt::ToolTipRole);
    }
    m_chooser->setCurrentIndex(m_metric);
    connect(m_chooser, &QComboBox::currentIndexChanged, this, &OverviewView::setMetric);
    return m_chooser;
}

void OverviewView::setMetric(int metric) {
    if (metric < 0 || metric >= metricCount() || metric == m_metric)
        return;
    m_metric = metric;
    if (m_chooser)
        m_chooser->setCurrentIndex(metric);
    readCourses();
    contentChanged();
}

void OverviewView::forget() {
    m_content = {};
    m_courses = {};
}

QString OverviewView::missing() const {
    return m_content.heads.empty() ? tr("Reading step %1 …").arg(now().step) : QString();
}

void OverviewView::refresh(const Point& now, const Point& before) {
    if (now.run != before.run)
        readCourses();
    if (now.run == before.run && now.step == before.step && !m_content.heads.empty())
        return;
    setSubtitle(tr("layers × K/V heads, step %1 · colour:").arg(now.step),
                {tr("step %1 · colour:").arg(now.step), tr("colour:"), QString()});
    read<Content>(
        "step",
        [now, run = *currentRun()](Reader& reader) -> Result<Content> {
            Content content;
            content.step = now.step;
            auto heads = reader.headSteps(now.run, now.step);
            if (!heads)
                return heads.error();
            auto layers = reader.layerSteps(now.run, now.step);
            if (!layers)
                return layers.error();
            content.heads = heads.take();
            content.layers = layers.take();
            content.readHeads = readHeads(run, content.layers, Phase::Record);
            return content;
        },
        [this](Content content) { m_content = std::move(content); });
}

// Every cell's course over the run, from the pyramids, on one scale.
void OverviewView::readCourses() {
    const RunInfo* run = currentRun();
    if (!run || steps() == 0 || !hasSeries(*run, metrics[std::size_t(m_metric)].series))
        return;
    const int number = run->run, layers = run->shape.layers, heads = run->shape.heads;
    const int last = steps() - 1, metric = m_metric;
    read<Courses>(
        "courses",
        [=](Reader& reader) -> Result<Courses> {
            Courses courses;
            courses.metric = metric;
            std::vector<Extent> all;
            for (int layer = 0; layer < layers; ++layer)
                for (int head = 0; head < heads; ++head) {
                    auto cell = reader.extents(number, metrics[std::size_t(metric)].series, layer,
                                               head, 0, last, std::min(courseLength, last + 1));
                    if (!cell)
                        return cell.error();
                    all.push_back(unite(*cell));
                    courses.cells.push_back(cell.take());
                }
            const Extent range = unite(all);
            courses.low = double(range.minimum);
            courses.high = double(range.maximum);
            return courses;
        },
        [this](Courses courses) { m_courses = std::move(courses); });
}

std::pair<double, double> OverviewView::range() const {
    const OverviewMetric& metric = metrics[std::size_t(m_metric)];
    double low = 1e300, high = -1e300;
    for (const HeadStepInfo& head : m_content.heads) {
        if (!hasValue(head.layer))
            continue;
        low = std::min(low, metric.value(head));
        high = std::max(high, metric.value(head));
    }
    if (low > high)
        return {0, 0};
    // A hair's breadth between the heads is not blown up to the whole range of colours.
    return {std::min(low, high - 0.2 * std::abs(high)), high};
}

QRectF OverviewView::cellRect(int layer, int head) const {
    const RunInfo* run = currentRun();
    if (!run || m_grid.isEmpty() || layer < 0 || head < 0)
        return {};
    const int across = m_along ? run->shape.layers : run->shape.heads;
    const int down = m_along ? run->shape.heads : run->shape.layers;
    const int column = m_along ? layer : head, row = m_along ? head : layer;
    if (across < 1 || down < 1 || column >= across || row >= down)
        return {};
    const double w = m_grid.width() / across, h = m_grid.height() / down;
    return {m_grid.left() + column * w, m_grid.top() + row * h, w, h};
}

OverviewView::Cell OverviewView::cellAt(const QPointF& at) const {
    const RunInfo* run = currentRun();
    if (!run || !m_grid.contains(at))
        return {};
    const int across = m_along ? run->shape.layers : run->shape.heads;
    const int down = m_along ? run->shape.heads : run->shape.layers;
    const int column =
        std::clamp(int((at.x() - m_grid.left()) / m_grid.width() * across), 0, across - 1);
    const int row = std::clamp(int((at.y() - m_grid.top()) / m_grid.height() * down), 0, down - 1);
    return m_along ? Cell{column, row} : Cell{row, column};
}

bool OverviewView::hasValue(int layer) const {
    const Series series = metrics[std::size_t(m_metric)].series;
    if (series == Series::SeenCoverage || series == Series::OutputError)
        return std::any_of(m_content.heads.begin(), m_content.heads.end(),
                           [&](const HeadStepInfo& info) {
                               return info.layer == layer &&
                                      !std::isnan(metrics[std::size_t(m_metric)].value(info));
                           });
    if (series != Series::HitRate && series != Series::SinkShare && series != Series::RecentShare)
        return true;
    return std::none_of(
        m_content.layers.begin(), m_content.layers.end(),
        [layer](const LayerStepInfo& info) { return info.layer == layer && info.answered == 0; });
}

const ReadHead* OverviewView::readHeadOf(int layer) const {
    for (const ReadHead& head : m_content.readHeads)
        if (head.layer == layer)
            return &head;
    return nullptr;
}

QRectF OverviewView::readRect(int layer) const {
    const QRectF cell = cellRect(layer, 0);
    if (cell.isEmpty() || m_read.isEmpty())
        return {};
    return m_along ? QRectF(cell.left(), m_read.top(), cell.width(), m_read.height())
                   : QRectF(m_read.left(), cell.top(), m_read.width(), cell.height());
}

int OverviewView::readAt(const QPointF& at) const {
    for (const ReadHead& head : m_content.readHeads)
        if (readRect(head.layer).contains(at))
            return head.layer;
    return -1;
}

void OverviewView::mousePressEvent(QMouseEvent* event) {
    Cell cell = event->button() == Qt::LeftButton ? cellAt(event->position()) : Cell();
    if (const int layer = readAt(event->position());
        event->button() == Qt::LeftButton && layer >= 0)
        cell = {layer, now().head};
    if (!cell.valid())
        return PlotView::mousePressEvent(event);
    go([cell](Point& point) {
        point.layer = cell.layer;
        point.head = cell.head;
    });
}

void OverviewView::keyPressEvent(QKeyEvent* event) {
    const RunInfo* run = currentRun();
    if (!run || isBlank())
        return PlotView::keyPressEvent(event);
    int dx = 0, dy = 0;
    switch (event->key()) {
    case Qt::Key_Left:
        dx = -1;
        break;
    case Qt::Key_Right:
        dx = 1;
        break;
    case Qt::Key_Up:
        dy = -1;
        break;
    case Qt::Key_Down:
        dy = 1;
        break;
    case Qt::Key_M:
        return setMetric((m_metric + 1) % metricCount());
    default:
        return PlotView::keyPressEvent(event);
    }
    const int layers = std::max(1, run->shape.layers), heads = std::max(1, run->shape.heads);
    go(
        [&](Point& point) {
            point.layer = std::clamp(point.layer + (m_along ? dx : dy), 0, layers - 1);
            point.head = std::clamp(point.head + (m_along ? dy : dx), 0, heads - 1);
        },
        true);
}

QString OverviewView::cellText(int layer, int head) const {
    for (const HeadStepInfo& info : m_content.heads)
        if (info.layer == layer && info.head == head && !hasValue(layer) &&
            !hasSeries(*currentRun(), metrics[std::size_t(m_metric)].series))
            return tr("layer %1, head %2 · this run did not measure the %3")
                .arg(QString::number(layer), QString::number(head), metricTitle(m_metric));
        else if (info.layer == layer && info.head == head && !hasValue(layer))
            return tr("layer %1, head %2 · no query was answered in step %3")
                .arg(layer)
                .arg(head)
                .arg(m_content.step);
        else if (info.layer == layer && info.head == head)
            return tr("layer %1, head %2 · %3 %4 · %5 evicted in step %6")
                .arg(QString::number(layer), QString::number(head), metricTitle(m_metric),
                     shown(metrics[std::size_t(m_metric)],
                           metrics[std::size_t(m_metric)].value(info)),
                     QString::number(info.evicted), QString::number(m_content.step));
    return {};
}

QString OverviewView::hoverText(const QPointF& at) {
    const Cell cell = cellAt(at);
    if (cell.valid())
        return cellText(cell.layer, cell.head);
    if (const int layer = readAt(at); layer >= 0)
        return readHeadWords(m_content.readHeads, layer);
    return tr("%1: %2").arg(metricTitle(m_metric), tr(metrics[std::size_t(m_metric)].meaning));
}

QString OverviewView::summary() const {
    return cellText(now().layer, now().head) + QStringLiteral(" · ") +
           readHeadWords(m_content.readHeads, now().layer);
}

QString OverviewView::csv() const {
    QString text = QStringLiteral("step,layer,head");
    for (const OverviewMetric& metric : metrics)
        text += QLatin1Char(',') + QString(tr(metric.title)).remove(QLatin1Char(','));
    text += QLatin1Char('\n');
    for (const HeadStepInfo& head : m_content.heads) {
        text += QStringLiteral("%1,%2,%3").arg(head.step).arg(head.layer).arg(head.head);
        for (const OverviewMetric& metric : metrics)
            text += QLatin1Char(',') + (std::isnan(metric.value(head))
                                            ? QString()
                                            : QString::number(metric.value(head), 'g', 9));
        text += QLatin1Char('\n');
    }
    return text;
}

} // namespace attendre
