#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/query_memory_view.h"
#include "widgets/theme.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr double boxPitch = 15;    // from here on a token's first letters can be read
constexpr double barPitch = 3;     // below, single queries cannot be told apart
constexpr double widestPitch = 72; // a few queries do not fill the panel
constexpr double leavingGap = 8;

QColor tinted(QColor colour, int alpha) {
    colour.setAlpha(alpha);
    return colour;
}

} // namespace

// From the bottom: what has no room is left out, the queries last.
QueryMemoryView::Lanes QueryMemoryView::lanes(const QRectF& whole) const {
    Lanes lanes;
    const QRectF area = whole.adjusted(0, -4, 0, 4); // a low panel: no room for wide edges
    const double line = lineHeight(theme().smallFont());
    double rest = area.height() - line - 3; // the boxes are at least as high as this
    const auto take = [&](double height) {
        const bool fits = rest >= height;
        rest = fits ? rest - height : -1; // nothing that tells less takes its place
        return fits ? height : 0.0;
    };
    const double words = take(line), bracket = take(line), legend = take(line + 1),
                 names = take(line + 1);
    rest = std::max(0.0, area.height() - line - 3 - words - legend - bracket - names);
    const double boxes = std::min(34.0, line + 3 + rest);
    double y = area.top() + std::max(0.0, (line + 3 + rest - boxes) / 2);
    const auto strip = [&](double height) {
        const QRectF box(area.left(), y, area.width(), height);
        y += height;
        return box;
    };
    lanes.names = strip(names);
    lanes.boxes = strip(boxes);
    lanes.bracket = strip(bracket);
    lanes.words = strip(words);
    lanes.legend = QRectF(area.left(), area.bottom() - legend, area.width(), legend);
    const int leaving = m_content->leaving(), staying = m_content->waiting();
    lanes.gap = leaving > 0 && staying > 0 ? leavingGap : 0;
    const double width = area.width() - lanes.gap;
    const double even = std::min(widestPitch, width / std::max(1, leaving + staying));
    lanes.leavingPitch = lanes.pitch = even;
    if (even < boxPitch && leaving > 0 && staying > 0) {
        // Those that leave give way, so that those that wait can be read.
        lanes.leavingPitch = std::min(even, width * 0.22 / leaving);
        lanes.pitch = std::min(widestPitch, (width - lanes.leavingPitch * leaving) / staying);
    }
    return lanes;
}

QRectF QueryMemoryView::rectOf(const Lanes& lanes, int index) const {
    const int leaving = m_content->leaving();
    const bool leaves = index < leaving;
    const double pitch = leaves ? lanes.leavingPitch : lanes.pitch;
    const double x = lanes.boxes.left() + (leaves ? index * pitch
                                                  : leaving * lanes.leavingPitch + lanes.gap +
                                                        (index - leaving) * pitch);
    return {x, lanes.boxes.top(), pitch, lanes.boxes.height()};
}

QueryMemoryView::Level QueryMemoryView::level() const {
    if (!m_content)
        return Level::Boxes;
    const Lanes l = lanes(plotArea());
    const double pitch = m_content->waiting() > 0 ? l.pitch : l.leavingPitch;
    return pitch >= boxPitch ? Level::Boxes : pitch >= barPitch ? Level::Bars : Level::Strip;
}

QRectF QueryMemoryView::queryRect(std::int32_t position) const {
    const int index = m_content ? m_content->indexOf(position) : -1;
    return index < 0 ? QRectF() : rectOf(lanes(plotArea()), index);
}

int QueryMemoryView::indexAt(const QPointF& at) const {
    if (!m_content || m_content->queries.empty())
        return -1;
    const Lanes l = lanes(plotArea());
    if (at.y() < l.boxes.top() || at.y() > l.boxes.bottom())
        return -1;
    const int leaving = m_content->leaving();
    const double x = at.x() - l.boxes.left();
    const double behind = leaving * l.leavingPitch;
    if (x < 0 || (x >= behind && x < behind + l.gap))
        return -1;
    const int index = x < behind ? int(x / l.leavingPitch)
                                 : leaving + int((x - behind - l.gap) / std::max(1e-9, l.pitch));
    return index < int(m_content->queries.size()) ? index : -1;
}

void QueryMemoryView::paintPlot(QPainter& painter, const QRectF& area) {
    const Lanes l = lanes(area);
    paintNames(painter, l);
    paintQueries(painter, l);
    const int index = m_content->indexOf(bracketed());
    if (level() != Level::Boxes || rectOf(l, index).width() < boxPitch)
        paintEnlarged(painter, l, index);
    paintBracket(painter, l, index);
    paintLegend(painter, l.legend);
}

// Over the boxes: who they are at this instant.
void QueryMemoryView::paintNames(QPainter& painter, const Lanes& l) const {
    if (l.names.height() <= 0)
        return;
    const int leaving = m_content->leaving(), staying = m_content->waiting(),
              arrivals = m_content->arrivals();
    double left = l.names.left();
    if (leaving > 0) {
        const QString text = tr("◀ %1 leaving now").arg(wholeNumber(leaving));
        drawLine(painter, l.names, text, theme().text());
        left += textWidth(painter, text) + 16;
        if (staying > 0)
            left = std::max(left, rectOf(l, leaving).left());
    }
    const QString come = tr("%1 came in this step ▶").arg(wholeNumber(arrivals));
    double right = l.names.right();
    if (arrivals > 0) {
        right = std::max(rectOf(l, int(m_content->queries.size()) - 1).right(),
                         l.names.left() + textWidth(painter, come));
        const double begin = right - textWidth(painter, come);
        if (begin > left)
            drawLine(painter, {begin, l.names.top(), right - begin, l.names.height()}, come,
                     theme().quietText());
        right = begin - 12;
    }
    if (staying > 0 && right > left + 40)
        drawLine(painter, {left, l.names.top(), right - left, l.names.height()},
                 m_content->asked.phase < Phase::Wait
                     ? tr("%1 wait, as the step before left them").arg(wholeNumber(staying))
                     : tr("%1 wait, oldest left").arg(wholeNumber(staying)),
                 theme().quietText());
}

void QueryMemoryView::paintQueries(QPainter& painter, const Lanes& l) const {
    const int leaving = m_content->leaving(), all = int(m_content->queries.size());
    for (const auto& [from, to, pitch] :
         {std::tuple(0, leaving, l.leavingPitch), std::tuple(leaving, all, l.pitch)}) {
        if (from == to)
            continue;
        if (pitch < barPitch) {
            paintStrip(painter, l, from, to);
            continue;
        }
        for (int i = from; i < to; ++i) {
            const double inset = pitch >= boxPitch ? 1 : std::min(0.75, pitch / 6);
            paintQuery(painter, rectOf(l, i).adjusted(inset, 1, -inset, -1),
                       m_content->queries[std::size_t(i)], pitch >= boxPitch);
        }
    }
}

void QueryMemoryView::paintQuery(QPainter& painter, const QRectF& box, const WaitingQuery& query,
                                 bool withToken) const {
    const bool gone = query.keyGone >= 0;
    const QColor edge = gone ? theme().evicted() : theme().waiting();
    const double radius = std::min(3.0, box.width() / 3);
    QPen pen(edge, gone ? 1.5 : 1);
    if (!query.answered)
        pen.setDashPattern(withToken ? QList<qreal>{3, 2} : QList<qreal>{1.5, 1.5});
    painter.setPen(pen);
    painter.setBrush(tinted(theme().waiting(), query.answered ? 96 : 28));
    painter.drawRoundedRect(box, radius, radius);
    if (query.arrived) // a thick foot: it has just stepped on
        painter.fillRect(QRectF(box.left() + 1, box.bottom() - 2.5, box.width() - 2, 2.5),
                         theme().inChunk());
    if (withToken) {
        painter.save();
        painter.setFont(theme().smallFont());
        const auto found = m_content->texts.find(query.position);
        const QString text =
            found == m_content->texts.end() ? QString() : plainToken(found->second);
        const QRectF inner = box.adjusted(1, 0, -1, 0);
        painter.setClipRect(inner);
        const bool fits = textWidth(painter, text) <= inner.width();
        painter.setPen(theme().text());
        const QString cut =
            QFontMetricsF(painter.font()).elidedText(text, Qt::ElideRight, inner.width());
        // An ellipsis alone says less than the letters that there is room for.
        painter.drawText(inner, Qt::AlignVCenter | (fits ? Qt::AlignHCenter : Qt::AlignLeft),
                         fits || cut.size() < 4 ? text : cut);
        painter.restore();
    }
    if (gone) {
        painter.setPen(QPen(theme().evicted(), 1.2));
        const double y = withToken ? box.center().y() + 1 : box.center().y();
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y));
    }
}

// More queries than can be told apart: each pixel's share of those whose key has gone stands from
// the bottom, hatched.
void QueryMemoryView::paintStrip(QPainter& painter, const Lanes& l, int from, int to) const {
    const QRectF strip(QPointF(rectOf(l, from).left(), l.boxes.top() + 1),
                       QPointF(rectOf(l, to - 1).right(), l.boxes.bottom() - 1));
    const int columns = std::max(1, int(strip.width() / 2));
    const double width = strip.width() / columns;
    const bool answered = m_content->queries[std::size_t(from)].answered;
    painter.fillRect(strip, tinted(theme().waiting(), answered ? 120 : 60));
    for (int column = 0; column < columns; ++column) {
        const int first = from + int(std::int64_t(to - from) * column / columns);
        const int last =
            std::max(first + 1, from + int(std::int64_t(to - from) * (column + 1) / columns));
        int gone = 0, arrived = 0;
        for (int i = first; i < std::min(last, to); ++i) {
            gone += m_content->queries[std::size_t(i)].keyGone >= 0;
            arrived += m_content->queries[std::size_t(i)].arrived;
        }
        const double x = strip.left() + column * width;
        const double height = strip.height() * gone / (last - first);
        if (height > 0) {
            painter.fillRect(QRectF(x, strip.bottom() - height, width, height),
                             tinted(theme().evicted(), 110));
            painter.fillRect(QRectF(x, strip.bottom() - height, width, 1), theme().evicted());
        }
        if (arrived > 0)
            painter.fillRect(QRectF(x, strip.bottom() - 2.5, width, 2.5), theme().inChunk());
    }
    painter.setPen(QPen(theme().waiting(), 1, answered ? Qt::SolidLine : Qt::DashLine));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(strip, 3, 3);
}

// The bracketed query, legible over bars or a strip.
void QueryMemoryView::paintEnlarged(QPainter& painter, const Lanes& l, int index) const {
    const WaitingQuery& query = m_content->queries[std::size_t(index)];
    const auto found = m_content->texts.find(query.position);
    const QString text = found == m_content->texts.end() ? QString() : plainToken(found->second);
    const double width = std::clamp(textWidth(painter, text) + 8, 18.0, 90.0);
    const double x = std::clamp(rectOf(l, index).center().x() - width / 2, l.boxes.left(),
                                std::max(l.boxes.left(), l.boxes.right() - width));
    const QRectF box(x, l.boxes.top() + 1, width, l.boxes.height() - 2);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme().panel());
    painter.drawRoundedRect(box, 3, 3);
    paintQuery(painter, box, query, true);
    if (now().entry != query.position)
        return;
    painter.setPen(QPen(theme().accent(), 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(box, 3, 3);
}

// From what it would see behind itself, over its own place, to what it would see ahead.
void QueryMemoryView::paintBracket(QPainter& painter, const Lanes& l, int index) const {
    const WaitingQuery& query = m_content->queries[std::size_t(index)];
    const QRectF box = rectOf(l, index);
    const QColor colour = query.keyGone >= 0 ? theme().evicted() : theme().inChunk();
    if (l.bracket.height() > 0 && m_content->residents > 0) {
        const QString behind = tr("%1 behind").arg(wholeNumber(query.behind));
        const QString ahead = tr("%1 ahead").arg(wholeNumber(query.ahead));
        const double before = textWidth(painter, behind) + 6, after = textWidth(painter, ahead) + 6;
        const int capacity = std::max(1, memoryOf(*currentRun(), now().layer));
        const double most = std::min(320.0, l.bracket.width() - before - after);
        const double length = std::max(24.0, most * m_content->residents / capacity);
        const double share = double(query.behind) / m_content->residents;
        const double left =
            std::clamp(box.center().x() - length * share, l.bracket.left() + before,
                       std::max(l.bracket.left() + before, l.bracket.right() - after - length));
        const double notch = left + length * share, y = l.bracket.center().y() + 2;
        painter.setPen(QPen(colour, 1.5));
        painter.drawLine(QPointF(left, y), QPointF(left + length, y));
        painter.drawLine(QPointF(left, y - 4), QPointF(left, y + 1));
        painter.drawLine(QPointF(left + length, y - 4), QPointF(left + length, y + 1));
        painter.drawLine(QPointF(notch, y), QPointF(box.center().x(), l.boxes.bottom()));
        const QRectF lane = l.bracket.adjusted(0, 1, 0, 1);
        drawLine(painter, {left - before, lane.top(), before - 5, lane.height()}, behind,
                 theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
        drawLine(painter, {left + length + 5, lane.top(), after, lane.height()}, ahead,
                 theme().quietText());
    }
    if (now().entry == query.position && box.width() >= boxPitch) {
        painter.setPen(QPen(theme().accent(), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(0.5, 0, -0.5, 0), 3, 3);
    }
    if (l.words.height() > 0)
        drawLine(painter, l.words, sentence(query.position), theme().text());
}

void QueryMemoryView::paintLegend(QPainter& painter, const QRectF& line) const {
    if (line.height() <= 0)
        return;
    WaitingQuery waits, leaves, gone, arrived;
    leaves.answered = arrived.arrived = true;
    gone.keyGone = 0;
    double x = line.left();
    const QColor quiet = theme().quietText();
    for (const auto& [query, text] :
         {std::pair(waits, tr("waits")), std::pair(leaves, tr("leaving: answered in this step")),
          std::pair(arrived, tr("came in this step")),
          std::pair(gone, tr("its own key has gone"))}) {
        const double width = 17 + textWidth(painter, text);
        if (x + width > line.right())
            return;
        paintQuery(painter, {x, line.center().y() - 4.5, 12, 9}, query, false);
        drawLine(painter, {x + 17, line.top(), width - 16, line.height()}, text, quiet);
        x += width + 14;
    }
    const QString bracket = tr("bracket: what it would see now, behind and ahead");
    if (x + textWidth(painter, bracket) <= line.right())
        drawLine(painter, {x, line.top(), line.right() - x, line.height()}, bracket, quiet);
}

} // namespace attendre
