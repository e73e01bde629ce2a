#include "widgets/lifetimes_view.h"

#include "widgets/theme.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr double leastBar = 4; // px; thinner entries are cells of a picture

} // namespace

LifetimesView::Frame LifetimesView::frameOf(const QRectF& area) const {
    const QFontMetricsF metrics(theme().smallFont());
    const double line = lineHeight(theme().smallFont());
    const double gutter = std::max(metrics.horizontalAdvance(tr("position")),
                                   metrics.horizontalAdvance(QStringLiteral("88,888"))) +
                          markerRoom + 6;
    Frame frame;
    const double right =
        m_histograms->isHidden() ? area.right() : double(m_histograms->geometry().left()) - 12;
    frame.legend = {area.left(), area.top(), right - area.left(), line};
    const double left = area.left() + gutter, top = frame.legend.bottom() + markerRoom;
    const double wide = right - left - 4;
    const double onePosition = wide / std::max(1.0, m_viewport.positions().length());
    double texts = 0;
    if (onePosition >= lyingToken)
        texts = line;
    else if (onePosition >= leastToken && area.height() >= 150)
        texts = std::min(56.0, area.height() * 0.2);
    frame.plot = {left, top, wide, std::max(8.0, area.bottom() - line - texts - 3 - top)};
    frame.steps = {area.left(), frame.plot.top(), gutter, frame.plot.height()};
    frame.tokens = {left, frame.plot.bottom() + 3, wide, texts};
    frame.positions = {left - 8, frame.plot.bottom() + 3 + texts, wide + 12, line};
    return frame;
}

QRectF LifetimesView::plotRect() const {
    return frameOf(plotArea()).plot;
}

Scale LifetimesView::positionScale(const QRectF& plot) const {
    return {m_viewport.positions().first, m_viewport.positions().end, plot.left(), plot.right()};
}

Scale LifetimesView::stepScale(const QRectF& plot) const {
    return {m_viewport.steps().first, m_viewport.steps().end, plot.top(), plot.bottom()};
}

QPointF LifetimesView::placeOf(double position, double step) const {
    const QRectF plot = plotRect();
    return {positionScale(plot)(position + 0.5), stepScale(plot)(step + 0.5)};
}

double LifetimesView::pitch() const {
    return plotRect().width() / m_viewport.positions().length();
}

bool LifetimesView::drawsBars() const {
    return m_content && pitch() >= leastBar * double(m_content->heads());
}

void LifetimesView::paintPlot(QPainter& painter, const QRectF& area) {
    const Frame frame = frameOf(area);
    painter.save();
    painter.setClipRect(frame.plot);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.fillRect(frame.plot, lifeGround(theme()));
    if (drawsBars()) {
        paintBars(painter, frame.plot);
    } else {
        const LifeWindow sight = m_viewport.window(), &have = m_drawn.picture.window;
        const bool covered = have.firstPosition <= sight.firstPosition &&
                             have.endPosition >= sight.endPosition &&
                             have.firstStep <= sight.firstStep && have.endStep >= sight.endStep;
        if (!covered)
            paintPicture(painter, m_drawn.everything, frame.plot);
        paintPicture(painter, m_drawn.picture, frame.plot);
        paintChunks(painter, frame.plot);
    }
    painter.restore();
    painter.setPen(QPen(theme().hairline(), 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(frame.plot);
    paintSelection(painter, frame.plot);
    paintAxes(painter, frame);
    paintPoint(painter, frame.plot);
    paintLegend(painter, frame.legend);
}

// The part of the picture that is in sight, stretched to where it stands now.
void LifetimesView::paintPicture(QPainter& painter, const LifetimesPicture& picture,
                                 const QRectF& plot) const {
    if (picture.image.isNull())
        return;
    const LifeWindow& window = picture.window;
    const LifetimesViewport::Span &across = m_viewport.positions(), &down = m_viewport.steps();
    const double left = std::max(across.first, double(window.firstPosition));
    const double right = std::min(across.end, double(window.endPosition));
    const double top = std::max(down.first, double(window.firstStep));
    const double bottom = std::min(down.end, double(window.endStep));
    if (right <= left || bottom <= top)
        return;
    const Scale x = positionScale(plot), y = stepScale(plot);
    const double perPosition = picture.image.width() / double(window.positions());
    const double perStep = picture.image.height() / double(window.steps());
    painter.drawImage(QRectF(QPointF(x(left), y(top)), QPointF(x(right), y(bottom))), picture.image,
                      QRectF((left - window.firstPosition) * perPosition,
                             (top - window.firstStep) * perStep, (right - left) * perPosition,
                             (bottom - top) * perStep));
}

QColor LifetimesView::colourOf(const Lifetimes& lives, std::size_t position) const {
    if (m_look.column == LifeColumn::State ||
        (lives.stays(position) && m_look.column != LifeColumn::Inserted))
        return theme().resident();
    const double value = lifeValue(lives, m_look.column, position);
    return std::isfinite(value) ? theme().magnitude(m_content->scale(m_look.column).t(value))
                                : theme().toCome();
}

void LifetimesView::paintBars(QPainter& painter, const QRectF& plot) const {
    const Scale x = positionScale(plot);
    const LifeWindow sight = m_viewport.window();
    const std::size_t heads = m_content->heads();
    const double gap = std::clamp(pitch() * 0.16, 1.0, 6.0);
    const double wide = (pitch() - gap) / double(heads);
    for (std::int32_t p = sight.firstPosition; p < sight.endPosition; ++p)
        for (std::size_t h = 0; h < heads; ++h) {
            const double left = x(p) + gap / 2 + double(h) * wide;
            paintBar(painter,
                     {left, plot.top(), std::max(1.0, wide - (heads > 1 ? 1 : 0)), plot.height()},
                     h, std::size_t(p));
        }
}

// The step in which it came, then its stay, then the end.
void LifetimesView::paintBar(QPainter& painter, const QRectF& lane, std::size_t head,
                             std::size_t position) const {
    const Lifetimes& lives = m_content->head(head);
    if (position >= lives.size() || !lives.came(position))
        return;
    const QRectF plot(lane.left(), lane.top(), lane.width(), lane.height());
    const Scale y = stepScale(plot);
    const bool chosen = m_look.brush.holds(*m_content->lives, head, position);
    const int came = lives.inserted[position];
    const bool byChunk = came > 0 || lives.firstArrived;
    const double top = y(came), stayed = y(came + (byChunk ? 1 : 0));
    const double end = y(lives.until(position));
    const auto part = [&](double from, double to, const QColor& colour) {
        const double a = std::max(from, plot.top() - 4), b = std::min(to, plot.bottom() + 4);
        if (b > a)
            painter.fillRect(QRectF(lane.left(), a, lane.width(), std::max(1.0, b - a)), colour);
    };
    part(std::min(stayed, end), end, chosen ? colourOf(lives, position) : quietLife(theme()));
    if (byChunk)
        part(top, std::min(stayed, end), chosen ? chunkColour(theme()) : quietLife(theme()));
    if (!lives.stays(position) && chosen)
        part(end - capHeight, end, theme().evicted());
}

bool LifetimesView::showsChunks() const {
    return plotRect().height() / m_viewport.steps().length() >= 3 && m_look.brush.empty();
}

// The chunks that came, where a step can be told from the next.
void LifetimesView::paintChunks(QPainter& painter, const QRectF& plot) const {
    const Scale x = positionScale(plot), y = stepScale(plot);
    if (!showsChunks())
        return;
    const LifeWindow sight = m_viewport.window();
    const QColor colour = chunkColour(theme());
    const int end = std::min(sight.endStep, int(m_content->arrivals.size()));
    for (int step = sight.firstStep; step < end; ++step) {
        const auto& chunk = m_content->arrivals[std::size_t(step)];
        if (chunk.end > chunk.first)
            painter.fillRect(QRectF(QPointF(std::max(plot.left(), x(chunk.first)), y(step)),
                                    QPointF(std::min(plot.right(), x(chunk.end)), y(step + 1)))
                                 .normalized(),
                             colour);
    }
}

// The current step across, the selected entry down.
void LifetimesView::paintPoint(QPainter& painter, const QRectF& plot) const {
    const Scale x = positionScale(plot), y = stepScale(plot);
    const QColor ink = theme().text();
    const std::int32_t entry = now().entry;
    const auto i = std::size_t(entry);
    const double middle = x(entry + 0.5);
    if (entry != noPosition && middle >= plot.left() && middle <= plot.right()) {
        painter.save();
        painter.setClipRect(plot.adjusted(-2, 0, 2, 2));
        const double wide = std::max(3.0, drawsBars() ? pitch() : 3.0);
        const auto shown =
            std::min(m_content->heads() - 1,
                     std::size_t(m_content->whose == LifeWhose::AllHeads ? now().head : 0));
        const Lifetimes& lives = m_content->head(shown);
        if (i < lives.size() && lives.came(i)) {
            const QRectF bar(QPointF(middle - wide / 2, y(lives.inserted[i])),
                             QPointF(middle + wide / 2, y(lives.until(i))));
            if (!drawsBars())
                paintBar(painter, {bar.left(), plot.top(), wide, plot.height()}, shown, i);
            painter.setPen(QPen(ink, 1.2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(bar.adjusted(-0.5, 0, 0.5, 0));
        }
        painter.restore();
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme().accent());
        painter.drawPolygon(QPolygonF{
            {middle - 5, plot.top() - 8}, {middle + 5, plot.top() - 8}, {middle, plot.top() - 1}});
    }
    const double level = y(now().step + 0.5);
    if (level < plot.top() || level > plot.bottom())
        return;
    painter.setPen(QPen(ink, 1.2));
    painter.drawLine(QPointF(plot.left() - 2, level), QPointF(plot.right(), level));
    painter.setPen(Qt::NoPen);
    painter.setBrush(ink);
    painter.drawPolygon(QPolygonF{
        {plot.left() - 9, level - 5}, {plot.left() - 9, level + 5}, {plot.left() - 1, level}});
}

void LifetimesView::paintSelection(QPainter& painter, const QRectF& plot) const {
    const auto& range = m_look.brush.positions;
    const Scale x = positionScale(plot);
    if (!range || x(range->second + 1) < plot.left() || x(range->first) > plot.right())
        return;
    const double from = std::max(plot.left(), x(range->first));
    const double to = std::max(from + 1, std::min(plot.right(), x(range->second + 1)));
    painter.fillRect(QRectF(from, plot.top() - 4, to - from, 4), theme().accent());
    painter.setPen(QPen(theme().accent(), 1));
    painter.drawLine(QPointF(from, plot.top()), QPointF(from, plot.bottom()));
    painter.drawLine(QPointF(to, plot.top()), QPointF(to, plot.bottom()));
}

} // namespace attendre
