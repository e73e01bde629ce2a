#include "widgets/lifetimes_view.h"

#include "model/analysis/series.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

// What stands around the lifetimes: numbers, tokens, the legend.

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
        sign(tr("in the chunk"), chunkColour(theme()), false);
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
