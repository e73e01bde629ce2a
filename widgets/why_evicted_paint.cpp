#include "widgets/why_evicted_view.h"

#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

void WhyEvictedView::paintPlot(QPainter& painter, const QRectF& area) {
    const double line = lineHeight(painter);
    const bool beside = area.width() > 620 && area.width() > area.height() * 1.7;
    const bool roomy = area.height() > 230;
    QRectF rest = area;
    painter.setFont(theme().textFont());
    const double textRoom = std::max(line * 1.2, area.height() * (roomy ? 0.3 : 0.34));
    double used = drawWrapped(painter, {rest.left(), rest.top(), rest.width(), textRoom}, fate(),
                              theme().text());
    painter.setFont(theme().smallFont());
    used += drawWrapped(painter, {rest.left(), rest.top() + used, rest.width(), line},
                        standing() + QLatin1Char(' ') + shielded(), theme().quietText());
    rest.setTop(rest.top() + used + 6);
    const double pair = pairHeight(painter);
    if (beside && rest.height() > line * 4) {
        const double width = std::min(300.0, rest.width() * 0.36);
        paintPair(painter, {rest.right() - width, rest.top(), width, rest.height()});
        rest.setRight(rest.right() - width - 16);
    } else if (rest.height() - pair > 90) {
        paintPair(painter, {rest.left(), rest.bottom() - pair, rest.width(), pair});
        rest.setBottom(rest.bottom() - pair - 6);
    } else if (rest.height() > 60 + line && !waysOut().isEmpty()) {
        drawLine(painter, {rest.left(), rest.bottom() - line, rest.width(), line}, waysOut(),
                 theme().text());
        rest.setBottom(rest.bottom() - line - 2);
    }
    paintRanking(painter, rest);
}

void WhyEvictedView::paintRanking(QPainter& painter, const QRectF& area) {
    m_bars = {};
    const auto& candidates = m_content->ranking.candidates;
    if (candidates.empty()) {
        drawLine(painter, area, tr("Every resident entry is protected."), theme().quietText(),
                 Qt::AlignCenter);
        return;
    }
    const double line = lineHeight(painter);
    double low = candidates.front().rank, high = low;
    for (const Candidate& candidate : candidates) {
        low = std::min(low, candidate.rank);
        high = std::max(high, candidate.rank);
    }
    const double cut = m_content->ranking.cut() ? m_content->ranking.firstSurvivor()->rank : high;
    const bool logarithmic = low >= 0 && high > 0 && high > 20 * cut;
    const auto value = [logarithmic, cut](double rank) {
        return logarithmic ? std::log1p(rank / std::max(cut, 1e-9)) : rank;
    };
    const QString top = shortNumber(high), bottom = shortNumber(low);
    const double left = area.height() > line * 4
                            ? std::max(textWidth(painter, top), textWidth(painter, bottom)) + 8
                            : 0;
    const QRectF head(area.left(), area.top(), area.width(), line);
    const bool named = area.height() > line * 5;
    const QRectF plot(area.left() + left, head.bottom() + 3, area.width() - left,
                      std::max(12.0, area.height() - line - 3 - (named ? line : 4)));
    Scale y{value(low), value(high), plot.bottom(), plot.top()};
    y.low -= (y.high - y.low) * 0.12;
    if (y.high == y.low)
        y.low -= 1, y.high += 1;
    if (left > 0) {
        const double topY = std::clamp(y(value(high)) - line / 2, plot.top(), plot.bottom() - line);
        const double lowY = std::clamp(y(value(low)) - line / 2, topY, plot.bottom() - line);
        drawLine(painter, {area.left(), topY, left - 6, line}, top, theme().quietText(),
                 Qt::AlignRight | Qt::AlignVCenter);
        if (high > low && lowY > topY + line)
            drawLine(painter, {area.left(), lowY, left - 6, line}, bottom, theme().quietText(),
                     Qt::AlignRight | Qt::AlignVCenter);
    }
    m_bars = plot;
    paintBars(painter, plot, y, logarithmic);
    paintCut(painter, plot, head);
    QString label = policy().rankLabel;
    if (logarithmic)
        label += tr(" (log)");
    if (named)
        drawLine(painter, {plot.left(), plot.bottom() + 1, plot.width(), line},
                 tr("%1 · candidates, lowest rank first").arg(label), theme().quietText());
}

// One bar a candidate, or one a pixel: ranks ascend, so a pixel's highest stands for all in it.
void WhyEvictedView::paintBars(QPainter& painter, const QRectF& plot, const Scale& y,
                               bool logarithmic) {
    const EvictionRanking& ranking = m_content->ranking;
    const auto n = double(ranking.candidates.size());
    const double cut = ranking.cut() ? ranking.firstSurvivor()->rank : 1;
    const double pitch = plot.width() / n;
    const double gap = pitch >= 4 ? 1 : pitch >= 2 ? 0.5 : 0;
    painter.setRenderHint(QPainter::Antialiasing, pitch >= 2);
    painter.setPen(Qt::NoPen);
    const int columns = pitch >= 1 ? int(n) : int(plot.width());
    for (int column = 0; column < columns; ++column) {
        const auto last = std::size_t(std::min(n - 1, (column + 1) * n / columns - 1));
        const Candidate& candidate = ranking.candidates[last];
        const double value =
            logarithmic ? std::log1p(candidate.rank / std::max(cut, 1e-9)) : candidate.rank;
        // A survivor's rank that was drawn anew is not known: a stub stands for it.
        const double topY = m_content->agrees || candidate.victim ? y(value) : plot.bottom() - 5;
        const double width = plot.width() / columns;
        QColor colour = candidate.victim ? theme().evicted() : theme().resident();
        colour.setAlphaF(candidate.victim ? 0.72f : 0.55f);
        painter.setBrush(colour);
        painter.drawRect(QRectF(plot.left() + column * width, topY, std::max(0.6, width - gap),
                                std::max(1.0, plot.bottom() - topY)));
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(QPen(theme().quietText(), 1));
    painter.drawLine(QPointF(plot.left(), plot.bottom() + 0.5),
                     QPointF(plot.right(), plot.bottom() + 0.5));
    const int place = ranking.placeOf(m_content->entry);
    if (place < 0)
        return;
    const Candidate& chosen = ranking.candidates[std::size_t(place)];
    const double value = logarithmic ? std::log1p(chosen.rank / std::max(cut, 1e-9)) : chosen.rank;
    const double topY = m_content->agrees || chosen.victim ? std::min(y(value), plot.bottom() - 2)
                                                           : plot.bottom() - 5;
    const double width = std::max(3.0, pitch);
    const QRectF bar(plot.left() + (place + 0.5) * pitch - width / 2, topY, width,
                     plot.bottom() - topY);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme().text());
    painter.drawRect(bar);
    painter.drawPolygon(QPolygonF{{bar.center().x() - 5, topY - 9},
                                  {bar.center().x() + 5, topY - 9},
                                  {bar.center().x(), topY - 2}});
}

void WhyEvictedView::paintCut(QPainter& painter, const QRectF& plot, const QRectF& head) {
    const EvictionRanking& ranking = m_content->ranking;
    if (!ranking.cut()) {
        drawLine(painter, head,
                 ranking.victims == 0 ? tr("no cut: there is room") : tr("all candidates go"),
                 theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
        return;
    }
    const double x =
        plot.left() + ranking.victims * plot.width() / double(ranking.candidates.size());
    QPen pen(theme().text(), 1);
    pen.setDashPattern({3, 3});
    painter.setPen(pen);
    painter.drawLine(QPointF(x, head.top() + 2), QPointF(x, plot.bottom()));
    const QString text = !m_content->agrees ? tr("cut")
                         : ranking.margin() == 0
                             ? tr("cut: a tie, the older goes")
                             : tr("cut: margin %1").arg(amount(ranking.margin()));
    painter.setFont(theme().titleFont());
    QFont font = theme().smallFont();
    font.setBold(true);
    painter.setFont(font);
    const double width = textWidth(painter, text);
    if (x + 6 + width <= head.right())
        drawLine(painter, {x + 6, head.top(), width + 2, head.height()}, text, theme().text());
    else
        drawLine(painter,
                 {std::max(head.left(), x - 6 - width), head.top(), width + 2, head.height()}, text,
                 theme().text());
    painter.setFont(theme().smallFont());
}

double WhyEvictedView::pairHeight(const QPainter& painter) const {
    if (m_content->columns.empty())
        return 0;
    return lineHeight(painter) * double(m_content->columns.size() + 1) + 8 +
           2 * lineHeight(painter);
}

// The two beside the cut, column by column, and under them the ways out.
void WhyEvictedView::paintPair(QPainter& painter, const QRectF& area) {
    if (m_content->columns.empty())
        return;
    const double line = lineHeight(painter);
    const double titles = std::min(140.0, area.width() * 0.38);
    const double each = (area.width() - titles) / 2;
    const QRectF left(area.left() + titles, area.top(), each - 8, line);
    const QRectF right(left.right() + 8, area.top(), each - 8, line);
    drawLine(painter, left, named(m_content->left), theme().evicted());
    drawLine(painter, right, named(m_content->right), theme().resident());
    double y = area.top() + line + 2;
    painter.setPen(QPen(theme().hairline(), 1));
    painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    y += 2;
    for (const EvictionReason::Column& column : m_content->columns) {
        if (y + line > area.bottom() - 2 * line)
            break;
        drawLine(painter, {area.left(), y, titles - 6, line}, column.title, theme().quietText());
        const auto value = [](const QString& text) {
            return text.isEmpty() ? QStringLiteral("–") : text;
        };
        drawLine(painter, {left.left(), y, left.width(), line}, value(column.victim),
                 theme().text());
        drawLine(painter, {right.left(), y, right.width(), line}, value(column.survivor),
                 theme().text());
        y += line;
    }
    drawWrapped(painter, {area.left(), y + 3, area.width(), area.bottom() - y - 3 + 2}, waysOut(),
                theme().text());
}

} // namespace attendre
