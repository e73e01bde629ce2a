#include "widgets/why_evicted_view.h"

#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {
constexpr double leastRanking = 78; // px: below, a ranking is not read but guessed
constexpr double gap = 4;
} // namespace

// The sentence and the two beside the cut come first; the ranking gets what is left.
WhyEvictedView::Layout WhyEvictedView::arranged(const QRectF& area) const {
    Layout layout;
    const bool beside = area.width() > 620 && area.width() > area.height() * 1.7;
    double y = area.top();
    const auto take = [&](double width, double height) {
        const QRectF box(area.left(), y, width, height);
        y += height > 0 ? height + gap : 0;
        return box;
    };
    const auto text = [&](const QFont& font, double width, const QString& words) {
        return words.isEmpty() ? 0 : wrappedHeight(font, width, words);
    };
    const double width = area.width();
    layout.fate = take(width, text(theme().textFont(), width, fate()));
    const QString standing = this->standing() + QLatin1Char(' ') + shielded();
    if (beside) {
        layout.standing = take(width, text(theme().smallFont(), width, standing));
        const double side = std::min(320.0, width * 0.4), left = area.right() - side;
        layout.pair = {left, y, side, pairHeight(side)};
        layout.ways = {left, layout.pair.bottom() + gap, side,
                       text(theme().smallFont(), side, waysOut())};
        layout.ranking = {area.left(), y, width - side - 16,
                          std::max(leastRanking, area.bottom() - y)};
        layout.bottom = std::max(layout.ranking.bottom(), layout.ways.bottom());
        return layout;
    }
    layout.pair = take(width, pairHeight(width));
    layout.ways = take(width, text(theme().smallFont(), width, waysOut()));
    layout.standing = take(width, text(theme().smallFont(), width, standing));
    layout.ranking = take(width, std::max(leastRanking, area.bottom() - y));
    layout.bottom = layout.ranking.bottom();
    return layout;
}

double WhyEvictedView::scrolled() const {
    return m_scroll->isHidden() ? 0 : m_scroll->value();
}

void WhyEvictedView::layOut() {
    const QRectF area = plotArea();
    m_layout = {};
    if (!isBlank())
        m_layout = arranged(area);
    const bool over = m_layout.bottom > area.bottom() + 1;
    if (over) {
        const int bar = m_scroll->sizeHint().width();
        m_layout = arranged(area.adjusted(0, 0, -bar, 0));
        m_scroll->setGeometry(width() - bar - 2, 4, bar, height() - 8);
        m_scroll->setRange(0, int(std::ceil(m_layout.bottom - area.bottom())));
        m_scroll->setPageStep(std::max(1, int(area.height()) - 20));
        m_scroll->setSingleStep(int(lineHeight(theme().smallFont())));
    }
    m_scroll->setVisible(over);
}

void WhyEvictedView::paintPlot(QPainter& painter, const QRectF& area) {
    painter.save();
    painter.setClipRect(area.adjusted(-4, -4, 4, 4));
    painter.translate(0, -scrolled());
    painter.setFont(theme().textFont());
    drawWrapped(painter, m_layout.fate, fate(), theme().text());
    painter.setFont(theme().smallFont());
    drawWrapped(painter, m_layout.standing, standing() + QLatin1Char(' ') + shielded(),
                theme().quietText());
    paintPair(painter, m_layout.pair);
    drawWrapped(painter, m_layout.ways, waysOut(), theme().text());
    paintRanking(painter, m_layout.ranking);
    painter.restore();
    m_bars.translate(0, -scrolled());
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
    // What is infinite stands at the end of the scale that the others make.
    double low = INFINITY, high = -INFINITY;
    for (const Candidate& candidate : candidates) {
        if (std::isinf(candidate.rank))
            continue;
        low = std::min(low, candidate.rank);
        high = std::max(high, candidate.rank);
    }
    if (low > high)
        low = high = 0;
    const double cut = m_content->ranking.cut() ? m_content->ranking.firstSurvivor()->rank : high;
    const bool logarithmic = low >= 0 && high > 0 && high > 20 * cut && std::isfinite(cut);
    const auto value = [=](double rank) {
        const double inside = std::clamp(rank, low, high);
        return logarithmic ? std::log1p(inside / std::max(cut, 1e-9)) : inside;
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
    paintBars(painter, plot, [&](double rank) { return y(value(rank)); });
    paintCut(painter, plot, head);
    QString label = policy().rankLabel;
    if (logarithmic)
        label += tr(" (log)");
    if (named)
        drawLine(painter, {plot.left(), plot.bottom() + 1, plot.width(), line},
                 tr("%1 · candidates, lowest rank first").arg(label), theme().quietText());
}

// One bar a candidate, or one a pixel: ranks ascend, so a pixel's highest stands for all in it.
void WhyEvictedView::paintBars(QPainter& painter, const QRectF& plot,
                               const std::function<double(double)>& top) {
    const EvictionRanking& ranking = m_content->ranking;
    const auto n = double(ranking.candidates.size());
    const double pitch = plot.width() / n;
    const double gap = pitch >= 4 ? 1 : pitch >= 2 ? 0.5 : 0;
    painter.setRenderHint(QPainter::Antialiasing, pitch >= 2);
    painter.setPen(Qt::NoPen);
    const int columns = pitch >= 1 ? int(n) : int(plot.width());
    for (int column = 0; column < columns; ++column) {
        const auto last = std::size_t(std::min(n - 1, (column + 1) * n / columns - 1));
        const Candidate& candidate = ranking.candidates[last];
        // A survivor's rank that was drawn anew is not known: a short bar stands for it.
        const double topY =
            m_content->agrees || candidate.victim ? top(candidate.rank) : plot.bottom() - 5;
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
    const double topY = m_content->agrees || chosen.victim
                            ? std::min(top(chosen.rank), plot.bottom() - 2)
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
                 ranking.victims > 0              ? tr("all candidates go")
                 : m_content->rules.arriving == 0 ? tr("no cut: nobody comes")
                                                  : tr("no cut: there is room"),
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

// How the columns of the two stand: their titles, then two of equal width. A heading holds the
// position where it fits; else the positions have a row of their own.
WhyEvictedView::PairColumns WhyEvictedView::pairColumns(double width) const {
    const QFontMetricsF metrics(theme().smallFont());
    PairColumns columns;
    columns.titles = metrics.horizontalAdvance(tr("position"));
    for (const EvictionReason::Column& column : m_content->columns)
        columns.titles = std::max(columns.titles, metrics.horizontalAdvance(column.title));
    columns.titles = std::min(columns.titles + 12, width * 0.5);
    columns.each = (width - columns.titles) / 2;
    columns.namedWhole = metrics.horizontalAdvance(named(m_content->left)) < columns.each - 8 &&
                         metrics.horizontalAdvance(named(m_content->right)) < columns.each - 8;
    return columns;
}

double WhyEvictedView::pairHeight(double width) const {
    if (m_content->columns.empty())
        return 0;
    const auto rows = double(m_content->columns.size()) + (pairColumns(width).namedWhole ? 1 : 2);
    return lineHeight(theme().smallFont()) * rows + 4;
}

// The two beside the cut, column by column; struck through and underlined, as in the document.
void WhyEvictedView::paintPair(QPainter& painter, const QRectF& area) {
    if (m_content->columns.empty())
        return;
    const double line = lineHeight(painter);
    const auto [titles, each, namedWhole] = pairColumns(area.width());
    const double leftX = area.left() + titles, rightX = leftX + each;
    double y = area.top();
    const auto row = [&](const QString& title, const QString& left, const QString& right) {
        const auto value = [](const QString& text) {
            return text.isEmpty() ? QStringLiteral("–") : text;
        };
        drawLine(painter, {area.left(), y, titles - 6, line}, title, theme().quietText());
        drawLine(painter, {leftX, y, each - 8, line}, value(left), theme().text());
        drawLine(painter, {rightX, y, each - 2, line}, value(right), theme().text());
        y += line;
    };
    const auto heading = [&](double x, std::int32_t position, const QColor& ink, bool stays) {
        QFont font = theme().smallFont();
        font.setStrikeOut(!stays);
        font.setUnderline(stays);
        painter.setFont(font);
        const auto found = m_content->texts.find(position);
        const bool brief = !namedWhole && found != m_content->texts.end();
        drawLine(painter, {x, y, each - 4, line},
                 brief ? quotedToken(found->second) : named(position), ink);
        painter.setFont(theme().smallFont());
    };
    heading(leftX, m_content->left, theme().evicted(), false);
    heading(rightX, m_content->right, theme().resident(), true);
    y += line + 1;
    painter.setPen(QPen(theme().hairline(), 1));
    painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    y += 2;
    if (!namedWhole)
        row(tr("position"), wholeNumber(m_content->left), wholeNumber(m_content->right));
    for (const EvictionReason::Column& column : m_content->columns)
        row(column.title, column.victim, column.survivor);
}

} // namespace attendre
