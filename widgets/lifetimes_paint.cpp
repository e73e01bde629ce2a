#include "widgets/lifetimes_view.h"

#include "model/analysis/series.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr double leastBar = 4;    // px; thinner entries are cells of a picture
constexpr double leastToken = 11; // px a position, from which on texts stand at the axis
constexpr double lyingToken = 44; // px from which on they lie
constexpr double markerRoom = 9;
constexpr double capHeight = 2.5;

QColor between(const QColor& below, const QColor& above, double opacity) {
    return QColor::fromRgb(blended(below.rgb(), above.rgb(), opacity));
}

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
        part(top, std::min(stayed, end),
             chosen ? between(lifeGround(theme()), theme().inChunk(), 0.8) : quietLife(theme()));
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
    const QColor colour = between(lifeGround(theme()), theme().inChunk(), 0.8);
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

// Numbers stand at the middle of what they count. Where the run goes beyond the length that the
// model was trained on is marked.
void LifetimesView::paintAxes(QPainter& painter, const Frame& frame) const {
    const double height = lineHeight(painter);
    const QRectF& plot = frame.plot;
    std::pair<double, double> reserved{0, 0};
    const RunInfo* run = currentRun();
    const double trained =
        run && run->shape.trainedLength > 0 && run->tokens > run->shape.trainedLength
            ? positionScale(plot)(run->shape.trainedLength)
            : -1;
    if (trained >= plot.left() && trained <= plot.right()) {
        QPen pen(theme().pinned(), 1);
        pen.setDashPattern({4, 3});
        painter.setPen(pen);
        painter.drawLine(QPointF(trained, plot.top()), QPointF(trained, plot.bottom()));
        const QString text = tr("P = %1").arg(wholeNumber(run->shape.trainedLength));
        const double wide = textWidth(painter, text) + 2;
        const double left =
            std::clamp(trained - wide / 2, plot.left(), std::max(plot.left(), plot.right() - wide));
        drawLine(painter, {left, frame.positions.top(), wide, height}, text, theme().text());
        reserved = {left, left + wide};
    }
    const LifetimesViewport::Span &across = m_viewport.positions(), &down = m_viewport.steps();
    drawBottomAxis(painter, frame.positions,
                   {across.first - 0.5, across.end - 0.5, plot.left(), plot.right()}, theme(), true,
                   reserved);
    const double gutter = plot.left() - markerRoom - 4;
    drawLine(painter,
             {frame.steps.left(), frame.positions.top(), gutter - frame.steps.left(), height},
             tr("position"), theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    drawLine(painter, {frame.steps.left(), frame.legend.top(), gutter - frame.steps.left(), height},
             tr("step"), theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    const Scale y{down.first - 0.5, down.end - 0.5, plot.top(), plot.bottom()};
    const int wanted = std::clamp(int(plot.height() / (height * 1.6)), 1, 12);
    for (const double tick : niceTicks(y.low, y.high, wanted, true))
        drawLine(painter,
                 {frame.steps.left(),
                  std::clamp(y(tick) - height / 2, plot.top() - 3, plot.bottom() - height + 3),
                  gutter - frame.steps.left(), height},
                 wholeNumber(qint64(tick)), theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    if (frame.tokens.height() > 0)
        paintTokens(painter, frame);
}

// Each token below its bar; upright where the bars are narrow.
void LifetimesView::paintTokens(QPainter& painter, const Frame& frame) const {
    const Scale x = positionScale(frame.plot);
    const LifeWindow sight = m_viewport.window();
    const bool lying = pitch() >= lyingToken;
    painter.save();
    painter.setClipRect(frame.tokens.adjusted(0, -1, 0, 1));
    painter.setFont(theme().smallFont());
    const QFontMetricsF metrics(painter.font());
    for (std::int32_t p = sight.firstPosition; p < sight.endPosition; ++p) {
        const auto found = m_texts.find(p);
        if (found == m_texts.end())
            continue;
        const QColor ink = p == now().entry ? theme().accent() : theme().text();
        const QString text = plainToken(found->second);
        if (lying) {
            drawLine(painter, {x(p) + 1, frame.tokens.top(), pitch() - 2, frame.tokens.height()},
                     text, ink, Qt::AlignHCenter | Qt::AlignVCenter);
            continue;
        }
        painter.save();
        painter.translate(x(p + 0.5), frame.tokens.top() + 2);
        painter.rotate(90);
        painter.setPen(ink);
        painter.drawText(QPointF(0, metrics.ascent() / 2 - 1),
                         metrics.elidedText(text, Qt::ElideRight, frame.tokens.height() - 4));
        painter.restore();
    }
    painter.restore();
}

void LifetimesView::paintLegend(QPainter& painter, const QRectF& strip) const {
    double left = plotRect().left();
    const double room = strip.right();
    const MagnitudeScale& scale = m_content->scale(m_look.column);
    if (m_look.column != LifeColumn::State && scale.known) {
        const QString low = lifeNumber(m_look.column, scale.least),
                      high = lifeNumber(m_look.column, scale.greatest);
        const double wide =
            textWidth(painter, low + high) + 12 + std::clamp((room - left) * 0.16, 40.0, 140.0);
        drawColourBar(painter, {left, strip.top(), wide, strip.height()}, theme(), low, high);
        left += wide + 14;
    }
    const auto sign = [&](const QString& text, const QColor& colour, bool cap) {
        const double wide = textWidth(painter, text) + 14;
        if (left + wide > room)
            return;
        const double y = strip.center().y();
        painter.fillRect(cap ? QRectF(left, y + 2, 9, capHeight) : QRectF(left, y - 4, 9, 9),
                         colour);
        drawLine(painter, {left + 13, strip.top(), wide, strip.height()}, text,
                 theme().quietText());
        left += wide + 12;
    };
    const bool bars = drawsBars();
    if (m_look.column != LifeColumn::Inserted)
        sign(m_look.column == LifeColumn::State ? tr("resident") : tr("still there at the end"),
             theme().resident(), false);
    if (bars || showsChunks())
        sign(tr("in the chunk"), between(lifeGround(theme()), theme().inChunk(), 0.8), false);
    if (bars || now().entry != noPosition)
        sign(tr("left"), theme().evicted(), true);
    if (!m_look.brush.empty())
        sign(tr("not chosen"), quietLife(theme()), false);
    if (bars)
        return;
    const QString share = m_content->heads() > 1
                              ? tr("fainter: a smaller share of heads and entries")
                              : tr("fainter: a smaller share of entries");
    if (left + textWidth(painter, share) <= room)
        drawLine(painter, {left, strip.top(), room - left, strip.height()}, share,
                 theme().quietText());
}

} // namespace attendre
