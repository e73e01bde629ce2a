#include "widgets/attention_view.h"

#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <array>
#include <cmath>

namespace attendre {

namespace {

double logarithmic(double weight) {
    return std::clamp(std::log(std::max(weight, faintestWeight) / faintestWeight) /
                          std::log(1 / faintestWeight),
                      0.0, 1.0);
}

} // namespace

void AttentionView::layOut(const QPainter& painter, const QRectF& area) {
    const double line = lineHeight(painter);
    const bool rows = !m_content->queries.empty();
    const bool tall = area.height() > 230;
    const double names = area.width() > 260
                             ? std::max(textWidth(painter, wholeNumber(m_content->end)),
                                        textWidth(painter, tr("asking"))) +
                                   8
                             : 4;
    const double kept = rows && area.width() > 340 ? 34 : 0;
    const double shares = area.height() > 120 ? line + 16 : 0;
    const double legend = rows && area.height() > 90 ? (tall ? 2 : 1) * line : 0;
    const double arcs =
        selected() && area.height() > 210 ? std::clamp(area.height() * 0.3, 62.0, 130.0) + line : 0;
    const double axis = line;
    const double mass = rows ? (area.height() > 170 ? (tall ? 34 : 20) : 0) : 0;
    m_massStrip = {area.left() + names, area.top(), area.width() - names - kept,
                   mass > 0 ? mass - 3 : 0};
    m_rows = area.adjusted(names, mass, -kept, -(axis + legend + arcs + shares));
    m_keptStrip = {m_rows.right() + 4, m_rows.top(), std::max(0.0, kept - 4), m_rows.height()};
    m_axisStrip = {m_rows.left(), m_rows.bottom() + 1, m_rows.width(), axis};
    m_legendStrip = {area.left(), m_axisStrip.bottom(), area.width(), legend};
    m_arcsStrip = {m_rows.left(), m_legendStrip.bottom(), m_rows.width(), arcs};
    m_sharesStrip = {area.left(), area.bottom() - shares + 4, area.width(),
                     std::max(0.0, shares - 4)};
    prepareColumns();
}

void AttentionView::paintPlot(QPainter& painter, const QRectF& area) {
    if (m_content->queries.empty()) {
        const double line = lineHeight(painter);
        const double used = drawWrapped(painter, {area.left(), area.top(), area.width(), 3 * line},
                                        massSentence(), theme().quietText());
        layOut(painter, area.adjusted(0, used + 4, 0, 0));
        paintMass(painter, m_rows);
    } else {
        layOut(painter, area);
        paintRows(painter);
        paintRowNames(painter, area);
        paintMass(painter, m_massStrip);
        paintKeptShares(painter);
        paintLegend(painter, m_legendStrip);
        paintArcs(painter, m_arcsStrip);
    }
    paintAxis(painter, m_axisStrip);
    paintShares(painter, m_sharesStrip);
}

void AttentionView::paintRows(QPainter& painter) {
    painter.fillRect(m_rows, theme().hover());
    // Where this step's own arrivals begin.
    const Column chunk = columnOf(m_content->regions.firstArrival);
    if (chunk.valid && m_across != Across::Slots)
        painter.fillRect(
            QRectF(chunk.left, m_rows.top(), m_rows.right() - chunk.left, m_rows.height()),
            theme().selection());
    struct Cell {
        QRectF box;
        double weight;
    };
    std::vector<Cell> cells;
    const auto& queries = m_content->queries;
    const double height = m_rows.height() / double(queries.size());
    for (std::size_t row = 0; row < queries.size(); ++row)
        for (const AttendedEntry& entry : queries[row].top) {
            const Column column = columnOf(entry.position);
            if (!column.valid || hidden(entry.position))
                continue;
            const double width = std::max(2.5, column.width);
            cells.push_back({{std::min(column.left, m_rows.right() - width),
                              m_rows.top() + double(row) * height, width,
                              height > 3 ? height - 0.5 : height + 0.3},
                             double(entry.weight)});
        }
    // Several entries may share a pixel: the heaviest is drawn last.
    std::stable_sort(cells.begin(), cells.end(),
                     [](const Cell& a, const Cell& b) { return a.weight < b.weight; });
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (const Cell& cell : cells)
        painter.fillRect(cell.box, theme().magnitude(logarithmic(cell.weight)));
    painter.setRenderHint(QPainter::Antialiasing, true);
    const int row = selectedRow();
    if (row >= 0) {
        const QRectF box(m_rows.left() - 1, m_rows.top() + row * height - 1, m_rows.width() + 2,
                         std::max(height + 1.5, 4.0));
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme().accent(), 1.6));
        painter.drawRect(box);
    }
    const Column entry = columnOf(now().entry);
    if (entry.valid && !hidden(now().entry)) {
        QPen pen(theme().accent(), 1);
        pen.setDashPattern({2, 2});
        painter.setPen(pen);
        const double x = entry.left + entry.width / 2;
        painter.drawLine(QPointF(x, m_rows.top()), QPointF(x, m_rows.bottom()));
    }
}

void AttentionView::paintRowNames(QPainter& painter, const QRectF& area) {
    if (m_rows.left() - area.left() < 16)
        return;
    const double line = lineHeight(painter);
    const auto& queries = m_content->queries;
    const double height = m_rows.height() / double(queries.size());
    const int every = std::max(1, int(std::ceil(line * 1.6 / height)));
    const int chosen = selectedRow();
    const auto write = [&](int row, const QColor& colour) {
        const double y = m_rows.top() + (row + 0.5) * height - line / 2;
        drawLine(painter, {area.left(), y, m_rows.left() - area.left() - 5, line},
                 wholeNumber(queries[std::size_t(row)].queryPosition), colour,
                 Qt::AlignRight | Qt::AlignVCenter);
    };
    for (int row = 0; row < int(queries.size()); row += every)
        if (chosen < 0 || std::abs(row - chosen) * height > line)
            write(row, theme().quietText());
    if (chosen >= 0)
        write(chosen, theme().text());
    if (m_massStrip.height() > 10)
        drawLine(
            painter,
            {area.left(), m_massStrip.bottom() - line + 2, m_rows.left() - area.left() - 5, line},
            tr("mass"), theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
}

// The mass per entry, upwards, logarithmic; a pixel's highest where entries share one.
void AttentionView::paintMass(QPainter& painter, const QRectF& strip) {
    if (strip.height() < 8)
        return;
    const bool large = strip.height() > 50;
    double high = 0, low = 1e300;
    std::map<int, std::pair<double, double>> bars; // pixel: width, mass
    for (const auto& [position, mass] : m_content->mass) {
        const Column column = columnOf(position);
        if (!column.valid || hidden(position) || mass <= 0)
            continue;
        high = std::max(high, mass);
        low = std::min(low, mass);
        auto& bar = bars[int(std::lround(column.left))];
        bar.first = std::max(bar.first, column.width);
        bar.second = std::max(bar.second, mass);
    }
    if (bars.empty())
        return;
    low = std::max(low, high * 1e-5);
    const double span = std::max(1e-9, std::log(high / low));
    if (large) {
        painter.fillRect(strip, theme().hover());
        const double line = lineHeight(painter);
        const Column later = columnOf(m_content->massEnd);
        if (m_across == Across::Document && later.valid && m_content->massEnd < m_content->end)
            drawHatch(painter, QRectF(QPointF(later.left, strip.top()), strip.bottomRight()),
                      theme().hairline(), 6);
        drawLine(painter, {strip.left() + 4, strip.top() + 1, strip.width() - 8, line},
                 m_content->massStep == now().step
                     ? tr("up to %1, log").arg(shortNumber(high))
                     : tr("step %1: up to %2, log · hatched: came later")
                           .arg(QString::number(m_content->massStep), shortNumber(high)),
                 theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    }
    painter.setPen(Qt::NoPen);
    for (const auto& [x, bar] : bars) {
        const double t = std::clamp(std::log(std::max(bar.second, low) / low) / span, 0.0, 1.0);
        const double height = 1 + t * (strip.height() - (large ? 20 : 2));
        const double width = std::max(1.2, bar.first - (bar.first > 4 ? 1 : 0));
        painter.fillRect(QRectF(x, strip.bottom() - height, width, height), theme().magnitude(t));
    }
    painter.setPen(QPen(theme().hairline(), 1));
    painter.drawLine(strip.bottomLeft(), strip.bottomRight());
    const Column entry = columnOf(now().entry);
    // An entry that was not in the memory in that step has no mass to point at.
    if (large && entry.valid && m_content->mass.contains(now().entry))
        drawMarker(painter, entry.left + entry.width / 2, strip.top(), strip.bottom(),
                   theme().accent());
}

// Per query, how much of its attention the top 8 hold.
void AttentionView::paintKeptShares(QPainter& painter) {
    if (m_keptStrip.width() < 12)
        return;
    const auto& queries = m_content->queries;
    const double height = m_keptStrip.height() / double(queries.size());
    painter.setPen(Qt::NoPen);
    QColor fill = theme().inChunk();
    fill.setAlphaF(0.55f);
    for (std::size_t row = 0; row < queries.size(); ++row) {
        const double share = std::clamp(1 - double(queries[row].rest), 0.0, 1.0);
        painter.fillRect(QRectF(m_keptStrip.left(), m_keptStrip.top() + double(row) * height,
                                m_keptStrip.width() * share,
                                height > 3 ? height - 0.5 : height + 0.2),
                         fill);
    }
    painter.setPen(QPen(theme().hairline(), 1));
    painter.drawLine(m_keptStrip.topRight(), m_keptStrip.bottomRight());
    const double line = lineHeight(painter);
    if (m_massStrip.height() > 10)
        drawLine(
            painter,
            {m_keptStrip.left(), m_massStrip.bottom() - line + 2, m_keptStrip.width() + 8, line},
            tr("top 8"), theme().quietText());
}

void AttentionView::paintAxis(QPainter& painter, const QRectF& strip) {
    const double line = lineHeight(painter);
    const QString what = m_across == Across::Document    ? tr("read: position →")
                         : m_across == Across::Residents ? tr("read: residents in order →")
                                                         : tr("read: slot →");
    const QString asking = tr("asking");
    const double corner = textWidth(painter, asking) + 5;
    if (!m_content->queries.empty() && strip.left() - m_legendStrip.left() >= corner)
        drawLine(painter, {strip.left() - corner - 6, strip.top(), corner, line}, asking,
                 theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    const double width = textWidth(painter, what) + 14;
    const bool named = strip.width() > width * 2;
    const double count = m_across == Across::Document    ? m_content->end
                         : m_across == Across::Residents ? double(m_place.size())
                                                         : m_content->capacity;
    const Scale scale{0, std::max(1.0, count), strip.left(), strip.right()};
    if (named)
        drawLine(painter, {strip.right() - width + 14, strip.top(), width, line}, what,
                 theme().quietText());
    drawBottomAxis(painter,
                   {strip.left() - 10, strip.top(), strip.width() + 14 - (named ? width : 0), line},
                   scale, theme());
}

// From the selected query to the tokens it reads most: the top five, named in percent.
void AttentionView::paintArcs(QPainter& painter, const QRectF& strip) {
    const QueryAttention* query = selected();
    if (!query || strip.height() < 50)
        return;
    const double line = lineHeight(painter);
    const double ground = strip.bottom() - 2 * line - 3;
    const Column own = columnOf(query->queryPosition);
    const double from = own.valid ? own.left + own.width / 2 : strip.right();
    painter.setPen(QPen(theme().hairline(), 1));
    painter.drawLine(QPointF(strip.left(), ground), QPointF(strip.right(), ground));
    struct Name {
        double x;
        QString text;
        bool chosen;
    };
    std::vector<Name> names;
    for (const AttendedEntry& entry : query->top) {
        const Column column = columnOf(entry.position);
        if (names.size() == 5 || !column.valid || hidden(entry.position))
            continue;
        const double to = column.left + column.width / 2;
        const double rise = std::clamp(std::abs(to - from) * 0.5, 10.0, ground - strip.top() - 2);
        QPainterPath path({from, ground});
        path.cubicTo({from, ground - rise * 1.3}, {to, ground - rise * 1.3}, {to, ground});
        QColor colour = theme().magnitude(logarithmic(double(entry.weight)));
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(colour, 1 + 6 * std::sqrt(double(entry.weight))));
        painter.drawPath(path);
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme().text());
        painter.drawEllipse(QPointF(to, ground), 2.2, 2.2);
        names.push_back({to, tr("%1 %2").arg(token(entry.position), percent(double(entry.weight))),
                         entry.position == now().entry});
    }
    painter.setBrush(theme().accent());
    painter.drawEllipse(QPointF(from, ground), 3.2, 3.2);
    const QString asks =
        tr("%1 (%2) asks").arg(token(query->queryPosition), wholeNumber(query->queryPosition));
    names.insert(names.begin(), {from, asks, true});
    // The one who asks first, then the heaviest; a name that finds no room in either row is left to
    // the hover sentence.
    std::array<std::vector<std::pair<double, double>>, 2> taken;
    for (const Name& name : names) {
        const double width = textWidth(painter, name.text);
        const double x = std::clamp(name.x - width / 2, strip.left(),
                                    std::max(strip.left(), strip.right() - width));
        for (std::size_t row = 0; row < taken.size(); ++row) {
            const bool free = std::none_of(taken[row].begin(), taken[row].end(), [&](auto& span) {
                return x < span.second + 8 && span.first < x + width + 8;
            });
            if (!free)
                continue;
            taken[row].push_back({x, x + width});
            drawLine(painter, {x, ground + 3 + double(row) * line, width + 1, line}, name.text,
                     name.chosen ? theme().accent() : theme().text());
            break;
        }
    }
}

} // namespace attendre
