#include "widgets/overview_metrics.h"
#include "widgets/overview_view.h"
#include "widgets/plot_paint.h"
#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr double colourBar = 170; // px, with its numbers
const auto& metrics = overviewMetrics;

} // namespace

void OverviewView::paintPlot(QPainter& painter, const QRectF& area) {
    const RunInfo* run = currentRun();
    const double line = lineHeight(painter);
    m_along = (run->shape.layers >= run->shape.heads) == (area.width() >= area.height());
    const int down = m_along ? run->shape.heads : run->shape.layers;
    const double left =
        m_along ? std::max(textWidth(painter, tr("read")), textWidth(painter, tr("layer"))) + 8
                : textWidth(painter, QString::number(run->shape.layers)) + 10;
    const double legend = legendHeight(painter, area);
    // A staircase where queries wait; elsewhere all layers read alike.
    const bool waits = hasQueryMemory(*run);
    const double readHeads =
        m_along ? std::min(waits ? 40.0 : 18.0, area.height() / (waits ? 5 : 8)) : 0;
    const double right = m_along ? 0 : std::min(46.0, area.width() / 6);
    m_grid = area.adjusted(left, line + 2, -right, -(legend + readHeads));
    // Cells need not grow beyond what reads well; what is over shows the current head's course.
    const double most =
        down * (m_along ? std::max(26.0, 2.2 * m_grid.width() / run->shape.layers) : 40.0);
    if (m_grid.height() - most > 100)
        m_grid.setHeight(most);
    m_read = m_along ? QRectF(m_grid.left(), m_grid.bottom() + 4, m_grid.width(),
                              std::max(5.0, readHeads - 8))
                     : QRectF(m_grid.right() + 6, m_grid.top(), right - 6, m_grid.height());
    paintCells(painter);
    paintNames(painter, area);
    paintReadHeads(painter, area);
    const double below = m_grid.bottom() + readHeads;
    if (legend > 0)
        paintLegend(painter, {area.left(), below + 4, area.width(), legend - 4});
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
    if (!hasValue(layer)) {
        painter.setPen(QPen(theme().toCome(), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
        return;
    }
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
    // The current one is always named; of the others those that have room.
    const int current = m_along ? now().head : now().layer;
    const QRectF own = m_along ? cellRect(0, current) : cellRect(current, 0);
    double taken = -1e9;
    for (int i = 0; i < down; ++i) {
        const QRectF cell = m_along ? cellRect(0, i) : cellRect(i, 0);
        const bool near = std::abs(cell.center().y() - own.center().y()) < line - 1;
        if (i != current && (cell.center().y() - line / 2 < taken || near))
            continue;
        taken = cell.center().y() + line / 2 - 1;
        drawLine(painter,
                 {area.left(), cell.center().y() - line / 2, m_grid.left() - area.left() - 5, line},
                 m_along ? tr("h %1").arg(i) : QString::number(i), colour(i == current),
                 Qt::AlignRight | Qt::AlignVCenter);
    }
}

// Where each layer stands along the document: what it has answered, and who waits in it. Where the
// layers run along, a column each, the document downwards.
void OverviewView::paintReadHeads(QPainter& painter, const QRectF& area) {
    const double tokens = std::max(1.0, double(currentRun()->tokens));
    painter.setPen(Qt::NoPen);
    for (const ReadHead& head : m_content.readHeads) {
        const QRectF cell = readRect(head.layer);
        const QRectF track = m_along
                                 ? cell.adjusted(1, 0, -1, 0)
                                 : cell.adjusted(0, cell.height() * 0.25, 0, -cell.height() * 0.25);
        const auto part = [&](double from, double to, const QColor& colour) {
            const QRectF box = m_along ? QRectF(track.left(), track.top() + track.height() * from,
                                                track.width(), track.height() * (to - from))
                                       : QRectF(track.left() + track.width() * from, track.top(),
                                                track.width() * (to - from), track.height());
            painter.fillRect(box, colour);
        };
        part(0, 1, theme().hover());
        part(0, head.answered / tokens, theme().inChunk());
        part(head.answered / tokens, head.come / tokens, theme().waiting());
        if (head.layer == now().layer) {
            painter.setPen(QPen(theme().accent(), 1));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(track.adjusted(-0.5, -0.5, 0.5, 0.5));
            painter.setPen(Qt::NoPen);
        }
    }
    const double line = lineHeight(painter);
    if (m_along)
        drawLine(
            painter,
            {area.left(), m_read.center().y() - line / 2, m_grid.left() - area.left() - 5, line},
            tr("read"), theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    else
        drawLine(painter, {m_read.left(), area.top(), area.right() - m_grid.right(), line},
                 tr("read"), theme().quietText());
}

// The colours with their meaning beside or below them, and the row that says how far was read.
double OverviewView::legendHeight(const QPainter& painter, const QRectF& area) const {
    const double line = lineHeight(painter);
    if (area.height() <= 110)
        return 0;
    const QString meaning = tr(metrics[std::size_t(m_metric)].meaning);
    const bool beside = colourBar + 10 + textWidth(painter, meaning) <= area.width();
    const int lines = 1 + int(!beside) + int(area.height() > 130);
    return line * lines + 4;
}

void OverviewView::paintLegend(QPainter& painter, const QRectF& strip) {
    const OverviewMetric& metric = metrics[std::size_t(m_metric)];
    const auto [low, high] = range();
    const double line = lineHeight(painter);
    const QString meaning = tr(metric.meaning);
    drawColourBar(painter, {strip.left(), strip.top(), colourBar, line}, theme(),
                  shown(metric, low), shown(metric, high));
    double y = strip.top();
    double x = strip.left() + colourBar + 10;
    if (x + textWidth(painter, meaning) > strip.right() + 0.5) {
        x = strip.left();
        y += line;
    }
    drawLine(painter, {x, y, strip.right() - x + 1, line}, meaning, theme().quietText());
    y += line;
    if (y + line > strip.bottom() + 1)
        return;
    const bool waits = hasQueryMemory(*currentRun());
    painter.fillRect(QRectF(strip.left(), y + line / 2 - 2, 9, 6), theme().inChunk());
    if (waits)
        painter.fillRect(QRectF(strip.left() + 9, y + line / 2 - 2, 6, 6), theme().waiting());
    const QString brief =
        waits ? tr("read: answered, waiting") : tr("read: how far each layer has read");
    const QString whole =
        brief + QStringLiteral("; ") + readHeadWords(m_content.readHeads, now().layer);
    const double room = strip.width() - 20;
    drawLine(painter, {strip.left() + 20, y, room, line},
             textWidth(painter, whole) <= room
                 ? whole
                 : (waits ? readHeadWords(m_content.readHeads, now().layer) : brief),
             theme().quietText());
}

} // namespace attendre
