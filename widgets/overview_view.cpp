#include "widgets/overview_view.h"

#include "model/analysis/series.h"
#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>

namespace attendre {

namespace {

constexpr int courseLength = 48; // extents a sparkline is made of

struct Metric {
    const char* title;
    const char* meaning;
    Series series;
    bool share; // between 0 and 1
    double (*value)(const HeadStepInfo&);
};

const std::array<Metric, 6> metrics{{
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "hit rate"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "hits per query and resident entry"),
     Series::HitRate, true, [](const HeadStepInfo& h) { return double(h.hitRate); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "mass on sinks"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "share of the mass on positions 0 to 3"),
     Series::SinkShare, true, [](const HeadStepInfo& h) { return double(h.sinkShare); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "mass on recent"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "share of the mass on the C arrivals before"),
     Series::RecentShare, true, [](const HeadStepInfo& h) { return double(h.recentShare); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "agreement with FIFO"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "share of victims that FIFO would have chosen"),
     Series::FifoAgreement, true, [](const HeadStepInfo& h) { return double(h.fifoAgreement); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "evicted, never hit"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "victims of this step that were never hit"),
     Series::EvictedNeverHit, false,
     [](const HeadStepInfo& h) { return double(h.evictedNeverHit); }},
    {QT_TRANSLATE_NOOP("attendre::OverviewView", "age at eviction"),
     QT_TRANSLATE_NOOP("attendre::OverviewView", "mean age of this step's victims, in ticks"),
     Series::AgeAtEviction, false,
     [](const HeadStepInfo& h) { return double(h.meanAgeAtEviction); }},
}};

QString shown(const Metric& metric, double value) {
    return metric.share ? percent(value) : shortNumber(value);
}

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
        [now](Reader& reader) -> Result<Content> {
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
            return content;
        },
        [this](Content content) { m_content = std::move(content); });
}

// Every cell's course over the run, from the pyramids, on one scale.
void OverviewView::readCourses() {
    const RunInfo* run = currentRun();
    if (!run || steps() == 0)
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
    const Metric& metric = metrics[std::size_t(m_metric)];
    double low = 1e300, high = -1e300;
    for (const HeadStepInfo& head : m_content.heads) {
        low = std::min(low, metric.value(head));
        high = std::max(high, metric.value(head));
    }
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

double OverviewView::shareRead(int layer) const {
    const RunInfo* run = currentRun();
    for (const LayerStepInfo& info : m_content.layers)
        if (run && info.layer == layer && run->tokens > 0)
            return double(info.firstAnswered + info.answered) / double(run->tokens);
    return 0;
}

void OverviewView::mousePressEvent(QMouseEvent* event) {
    const Cell cell = event->button() == Qt::LeftButton ? cellAt(event->position()) : Cell();
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
        if (info.layer == layer && info.head == head)
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
    return tr("%1: %2").arg(metricTitle(m_metric), tr(metrics[std::size_t(m_metric)].meaning));
}

QString OverviewView::summary() const {
    return cellText(now().layer, now().head);
}

QString OverviewView::csv() const {
    QString text = QStringLiteral("step,layer,head");
    for (const Metric& metric : metrics)
        text += QLatin1Char(',') + QString(tr(metric.title)).remove(QLatin1Char(','));
    text += QLatin1Char('\n');
    for (const HeadStepInfo& head : m_content.heads) {
        text += QStringLiteral("%1,%2,%3").arg(head.step).arg(head.layer).arg(head.head);
        for (const Metric& metric : metrics)
            text += QStringLiteral(",%1").arg(metric.value(head), 0, 'g', 9);
        text += QLatin1Char('\n');
    }
    return text;
}

void OverviewView::paintPlot(QPainter& painter, const QRectF& area) {
    const RunInfo* run = currentRun();
    const double line = lineHeight(painter);
    m_along = (run->shape.layers >= run->shape.heads) == (area.width() >= area.height());
    const int down = m_along ? run->shape.heads : run->shape.layers;
    const double left =
        m_along ? std::max(textWidth(painter, tr("read")), textWidth(painter, tr("layer"))) + 8
                : textWidth(painter, QString::number(run->shape.layers)) + 10;
    const double legend = area.height() > 110 ? line + 6 : 0;
    const double readHeads = m_along ? std::min(18.0, area.height() / 8) : 0;
    const double right = m_along ? 0 : std::min(46.0, area.width() / 6);
    m_grid = area.adjusted(left, line + 2, -right, -(legend + readHeads));
    // Cells need not grow beyond what reads well; what is over shows the current head's course.
    const double most =
        down * (m_along ? std::max(26.0, 2.2 * m_grid.width() / run->shape.layers) : 40.0);
    if (m_grid.height() - most > 100)
        m_grid.setHeight(most);
    paintCells(painter);
    paintNames(painter, area);
    paintReadHeads(painter, area);
    const double below = m_grid.bottom() + readHeads;
    if (legend > 0)
        paintLegend(painter, {m_grid.left(), below + 4, std::min(m_grid.width(), 420.0), line});
    const QRectF course(area.left(), below + legend + 12, area.width(),
                        area.bottom() - below - legend - 12);
    if (m_along && course.height() > 70)
        paintCourse(painter, course);
}

// The current head's metric over the run.
void OverviewView::paintCourse(QPainter& painter, const QRectF& box) {
    const RunInfo* run = currentRun();
    const auto index = std::size_t(now().layer * run->shape.heads + now().head);
    if (m_courses.metric != m_metric || index >= m_courses.cells.size())
        return;
    const std::vector<Extent>& extents = m_courses.cells[index];
    const double line = lineHeight(painter);
    drawLine(
        painter, {m_grid.left(), box.top(), m_grid.width(), line},
        tr("%1 of layer %2, head %3 over the run")
            .arg(metricTitle(m_metric), QString::number(now().layer), QString::number(now().head)),
        theme().quietText());
    const QRectF plot(m_grid.left(), box.top() + line + 2, m_grid.width() - 4,
                      box.height() - 2 * line - 4);
    const Extent range = unite(extents);
    const double low = std::min(0.0, double(range.minimum));
    const Scale y{low, std::max(double(range.maximum), low + 1e-9), plot.bottom(), plot.top() + 2};
    const Scale x{0, double(std::max(1, steps() - 1)), plot.left(), plot.right()};
    painter.setPen(QPen(theme().hairline(), 1));
    painter.drawLine(plot.bottomLeft(), plot.bottomRight());
    drawLine(painter, {box.left(), plot.top() - 2, plot.left() - box.left() - 5, line},
             shown(metrics[std::size_t(m_metric)], double(range.maximum)), theme().quietText(),
             Qt::AlignRight | Qt::AlignVCenter);
    const double n = steps(), buckets = double(extents.size());
    drawExtents(
        painter, extents, [&](std::size_t i) { return x((double(i) + 0.5) * n / buckets - 0.5); },
        y, theme().inChunk(), plot.width() / buckets > 12);
    painter.setPen(QPen(theme().accent(), 1));
    painter.drawLine(QPointF(x(m_content.step), plot.top()),
                     QPointF(x(m_content.step), plot.bottom()));
    drawBottomAxis(painter, {plot.left() - 6, plot.bottom() + 1, plot.width() + 12, line}, x,
                   theme());
}

void OverviewView::paintCells(QPainter& painter) {
    for (const HeadStepInfo& head : m_content.heads) {
        const QRectF box = cellRect(head.layer, head.head);
        const double gap = std::min(box.width(), box.height()) > 8 ? 1 : 0.5;
        paintCell(painter, box.adjusted(gap, gap, -gap, -gap), head.layer, head.head);
    }
    const QRectF chosen = cellRect(now().layer, now().head);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme().panel(), 4));
    painter.drawRoundedRect(chosen, 2, 2);
    painter.setPen(QPen(theme().accent(), 2));
    painter.drawRoundedRect(chosen, 2, 2);
}

void OverviewView::paintCell(QPainter& painter, const QRectF& box, int layer, int head) {
    const RunInfo* run = currentRun();
    const auto index = std::size_t(layer * run->shape.heads + head);
    if (index >= m_content.heads.size())
        return;
    const auto [low, high] = range();
    const double value = metrics[std::size_t(m_metric)].value(m_content.heads[index]);
    const QColor fill = theme().magnitude(high > low ? (value - low) / (high - low) : 0);
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    const double radius = std::min({3.0, box.width() / 4, box.height() / 4});
    painter.drawRoundedRect(box, radius, radius);
    if (box.width() < 26 || box.height() < 16)
        return;
    QColor ink = legibleOn(fill);
    QRectF course = box.adjusted(3, 3, -3, -3);
    const QString text = shown(metrics[std::size_t(m_metric)], value);
    const double line = lineHeight(painter);
    if (box.height() > line + 16 && box.width() > textWidth(painter, text) + 4) {
        drawLine(painter, {box.left() + 2, box.top() + 1, box.width() - 4, line}, text, ink,
                 Qt::AlignHCenter | Qt::AlignVCenter);
        course.setTop(course.top() + line);
    }
    if (m_courses.metric != m_metric || index >= m_courses.cells.size())
        return;
    const std::vector<Extent>& extents = m_courses.cells[index];
    if (extents.size() < 2)
        return;
    const Scale y{m_courses.low, std::max(m_courses.high, m_courses.low + 1e-9), course.bottom(),
                  course.top()};
    ink.setAlphaF(0.75f);
    drawExtents(
        painter, extents,
        [&](std::size_t i) {
            return course.left() + course.width() * double(i) / double(extents.size() - 1);
        },
        y, ink, false);
    // Where the current step is on the sparkline.
    const double at = steps() > 1 ? double(m_content.step) / (steps() - 1) : 1;
    painter.setPen(Qt::NoPen);
    painter.setBrush(legibleOn(fill));
    painter.drawEllipse(QPointF(course.left() + course.width() * at, y(value)), 1.8, 1.8);
}

void OverviewView::paintNames(QPainter& painter, const QRectF& area) {
    const RunInfo* run = currentRun();
    const double line = lineHeight(painter);
    const int across = m_along ? run->shape.layers : run->shape.heads;
    const int down = m_along ? run->shape.heads : run->shape.layers;
    const auto colour = [&](bool current) {
        return current ? theme().text() : theme().quietText();
    };
    const double widest = textWidth(painter, QString::number(across)) + 8;
    int every = 1;
    for (const int stride : {1, 2, 5, 10, 20, 50})
        if (every = stride; m_grid.width() / across * stride >= widest)
            break;
    const int chosen = m_along ? now().layer : now().head;
    if (m_along)
        drawLine(painter, {area.left(), area.top(), m_grid.left() - area.left() - 5, line},
                 tr("layer"), theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    for (int i = 0; i < across; ++i) {
        const QRectF cell = m_along ? cellRect(i, 0) : cellRect(0, i);
        const bool near = std::abs(i - chosen) * cell.width() < widest && i != chosen;
        if (i != chosen && (i % every != 0 || near))
            continue;
        const QString name =
            !m_along && cell.width() > 60 ? tr("head %1").arg(i) : QString::number(i);
        const double width = textWidth(painter, name);
        drawLine(painter, {cell.center().x() - width / 2, area.top(), width + 1, line}, name,
                 colour(i == chosen));
    }
    double taken = -1e9;
    for (int i = 0; i < down; ++i) {
        const QRectF cell = m_along ? cellRect(0, i) : cellRect(i, 0);
        if (cell.center().y() - line / 2 < taken)
            continue;
        taken = cell.center().y() + line / 2;
        drawLine(painter,
                 {area.left(), cell.center().y() - line / 2, m_grid.left() - area.left() - 5, line},
                 m_along ? tr("h %1").arg(i) : QString::number(i),
                 colour(i == (m_along ? now().head : now().layer)),
                 Qt::AlignRight | Qt::AlignVCenter);
    }
}

// How far each layer has read: its share of the input's tokens as a bar.
void OverviewView::paintReadHeads(QPainter& painter, const QRectF& area) {
    const RunInfo* run = currentRun();
    painter.setPen(Qt::NoPen);
    for (int layer = 0; layer < run->shape.layers; ++layer) {
        const QRectF cell = cellRect(layer, 0);
        QRectF track = m_along ? QRectF(cell.left() + 1, m_grid.bottom() + 4, cell.width() - 2, 5)
                               : QRectF(m_grid.right() + 6, cell.top() + cell.height() * 0.25,
                                        area.right() - m_grid.right() - 6, cell.height() * 0.5);
        painter.setBrush(theme().hover());
        painter.drawRect(track);
        track.setWidth(std::max(1.0, track.width() * shareRead(layer)));
        painter.setBrush(theme().inChunk());
        painter.drawRect(track);
    }
    const double line = lineHeight(painter);
    if (m_along)
        drawLine(
            painter,
            {area.left(), m_grid.bottom() + 6 - line / 2, m_grid.left() - area.left() - 5, line},
            tr("read"), theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    else
        drawLine(painter, {m_grid.right() + 6, area.top(), area.right() - m_grid.right(), line},
                 tr("read"), theme().quietText());
}

void OverviewView::paintLegend(QPainter& painter, const QRectF& strip) {
    const Metric& metric = metrics[std::size_t(m_metric)];
    const auto [low, high] = range();
    const double bar = std::min(190.0, strip.width() * 0.6);
    drawColourBar(painter, {strip.left(), strip.top(), bar, strip.height()}, theme(),
                  shown(metric, low), shown(metric, high));
    drawLine(painter,
             {strip.left() + bar + 12, strip.top(),
              std::max(0.0, m_grid.right() - strip.left() - bar - 12), strip.height()},
             tr(metric.meaning), theme().quietText());
}

} // namespace attendre
