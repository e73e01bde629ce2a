#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"
#include "widgets/what_if_view.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr double controls = 26; // px, above the picture
constexpr double laneHeight = 12, gap = 4;

} // namespace

WhatIfView::Parts WhatIfView::parts(const QRectF& area) const {
    const double line = lineHeight(theme().smallFont());
    const QFontMetricsF metrics(theme().smallFont());
    Parts p;
    QRectF rest = area.adjusted(0, controls, 0, 0);
    p.words = {rest.left(), rest.top(), rest.width(), line};
    rest.setTop(p.words.bottom() + 2);
    const double left = std::max(metrics.horizontalAdvance(tr("run %1").arg(88)),
                                 metrics.horizontalAdvance(tr("what if"))) +
                        8;
    p.names = left;
    p.counts = {rest.left(), rest.bottom() - line, rest.width(), line};
    p.recorded = {rest.left() + left, p.counts.top() - gap - laneHeight, rest.width() - left - 6,
                  laneHeight};
    p.here = p.recorded.translated(0, -laneHeight - 2);
    p.axis = {rest.left() + left, p.here.top() - gap - line, rest.width() - left - 6, line};
    p.curve = {rest.left() + left, rest.top(), rest.width() - left - 6,
               std::max(20.0, p.axis.top() - rest.top())};
    return p;
}

double WhatIfView::stepX(const Parts& parts, double step) const {
    const double n = double(std::max<std::size_t>(1, m_content->replay.kept.size()));
    return parts.curve.left() + (step + 0.5) / n * parts.curve.width();
}

void WhatIfView::paintPlot(QPainter& painter, const QRectF& area) {
    painter.setFont(theme().smallFont());
    const Parts p = parts(area);
    if (!m_content->refusal.isEmpty()) {
        drawWrapped(painter, area.adjusted(0, controls, 0, 0), m_content->refusal, theme().text());
        return;
    }
    drawLine(painter, p.words, summary(), theme().text());
    paintCurve(painter, p);
    paintLanes(painter, p);
}

void WhatIfView::paintCurve(QPainter& painter, const Parts& p) const {
    const WhatIfContent& c = *m_content;
    const Scale y{0, 1, p.curve.bottom(), p.curve.top() + 3};
    painter.setPen(QPen(theme().hairline(), 1));
    for (const double share : {0.0, 0.5, 1.0}) {
        painter.drawLine(QPointF(p.curve.left(), y(share)), QPointF(p.curve.right(), y(share)));
        drawLine(painter, {p.curve.left() - p.names, y(share) - 7, p.names - 5, 14}, percent(share),
                 theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
        painter.setPen(QPen(theme().hairline(), 1));
    }
    std::vector<Extent> kept;
    for (const float share : c.replay.kept)
        kept.push_back(std::isnan(share) ? Extent() : Extent{share, share, share, 1});
    const bool dots = p.curve.width() / double(std::max<std::size_t>(1, kept.size())) > 12;
    const auto at = [&](std::size_t i) { return stepX(p, double(i)); };
    if (!c.recordedKept.empty())
        drawExtents(painter, c.recordedKept, at, y, theme().quietText(), false);
    drawExtents(painter, kept, at, y, theme().accent(), dots);
    drawMarker(painter, stepX(p, c.point.step), p.curve.top() - 6, p.curve.bottom(),
               theme().text());
    drawBottomAxis(painter, p.axis,
                   {-0.5, double(kept.size()) - 0.5, p.curve.left(), p.curve.right()}, theme());
}

// One pixel column stands for the positions under it: the share of them that survived.
void WhatIfView::paintLane(QPainter& painter, const QRectF& lane, bool here) const {
    const WhatIfContent& c = *m_content;
    const int tokens = int(c.source.tokens), columns = std::max(1, int(lane.width()));
    painter.fillRect(lane, theme().hover());
    for (int x = 0; x < columns; ++x) {
        const int from = int(qint64(x) * tokens / columns);
        const int to = std::max(from + 1, int(qint64(x + 1) * tokens / columns));
        int shared = 0, alone = 0;
        for (int position = from; position < std::min(to, tokens); ++position) {
            const bool inReplay = c.replay.isResident(position, c.point.step);
            const bool inRun = std::binary_search(c.recorded.begin(), c.recorded.end(), position);
            shared += inReplay && inRun;
            alone += here ? inReplay && !inRun : inRun && !inReplay;
        }
        if (shared + alone == 0)
            continue;
        QColor colour =
            alone > shared ? (here ? theme().inChunk() : theme().evicted()) : theme().resident();
        colour.setAlphaF(float(0.35 + 0.65 * double(shared + alone) / double(to - from)));
        painter.fillRect(QRectF(lane.left() + x, lane.top(), 1, lane.height()), colour);
    }
}

void WhatIfView::paintLanes(QPainter& painter, const Parts& p) const {
    const WhatIfContent& c = *m_content;
    const auto name = [&](const QRectF& lane, const QString& text) {
        drawLine(painter, {lane.left() - p.names, lane.top() - 1, p.names - 5, lane.height() + 2},
                 text, theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    };
    name(p.here, tr("what if"));
    name(p.recorded, tr("run %1").arg(c.point.run));
    paintLane(painter, p.here, true);
    paintLane(painter, p.recorded, false);
    drawLine(painter, p.counts,
             tr("survivors of step %1 by position: %2 in both (green) · %3 only here (blue, above) "
                "· %4 lost here (red, below)")
                 .arg(QString::number(c.point.step), wholeNumber(c.both), wholeNumber(c.onlyHere),
                      wholeNumber(c.onlyRecorded)),
             theme().quietText());
}

} // namespace attendre
