#include "widgets/attention_view.h"

#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <array>
#include <functional>

namespace attendre {

// What the colours and lines mean: as many of the items as there is room for, line after line.
void AttentionView::paintLegend(QPainter& painter, const QRectF& strip) {
    const double line = lineHeight(painter);
    if (strip.height() < line)
        return;
    constexpr double swatch = 10;
    double x = strip.left(), y = strip.top();
    const auto item = [&](double markWidth, const QString& text,
                          const std::function<void(const QRectF&)>& mark) {
        const double width = markWidth + 5 + textWidth(painter, text);
        if (x > strip.left() && x + width > strip.right()) {
            x = strip.left();
            y += line;
        }
        if (y + line > strip.bottom() + 1)
            return;
        mark({x, y, markWidth, line});
        drawLine(painter, {x + markWidth + 5, y, width - markWidth - 4, line}, text,
                 theme().quietText());
        x += width + 12;
    };
    item(textWidth(painter, percent(faintestWeight) + percent(1)) + 60, tr("weight, log"),
         [&](const QRectF& box) {
             drawColourBar(painter, box, theme(), percent(faintestWeight), percent(1));
         });
    if (m_keptStrip.width() >= 12)
        item(swatch, tr("share of the top 8"), [&](const QRectF& box) {
            QColor fill = theme().inChunk();
            fill.setAlphaF(0.55f);
            painter.fillRect(box.adjusted(0, 4, 0, -4), fill);
        });
    if (m_across != Across::Slots)
        item(swatch, tr("this chunk"), [&](const QRectF& box) {
            painter.fillRect(box.adjusted(0, 2, 0, -2), theme().selection());
        });
    if (columnOf(now().entry).valid)
        item(4, tr("selected entry"), [&](const QRectF& box) {
            QPen pen(theme().accent(), 1);
            pen.setDashPattern({2, 2});
            painter.setPen(pen);
            painter.drawLine(QPointF(box.center().x(), box.top() + 2),
                             QPointF(box.center().x(), box.bottom() - 2));
        });
}

// One bar: where the selected query's attention, or the whole step's, went; its parts named below.
void AttentionView::paintShares(QPainter& painter, const QRectF& strip) {
    const double line = lineHeight(painter);
    if (strip.height() < line)
        return;
    const QueryAttention* query = selected();
    const AttentionShares shares = query ? sharesOf(*query, m_content->regions) : m_content->shares;
    struct Part {
        QString name;
        double share;
        QColor colour;
    };
    const std::array<Part, 5> parts{{{tr("sinks"), shares.sink, theme().magnitude(0.95)},
                                     {tr("recent"), shares.recent, theme().waiting()},
                                     {tr("kept"), shares.kept, theme().resident()},
                                     {tr("chunk"), shares.chunk, theme().inChunk()},
                                     {tr("beyond top 8"), shares.beyond, theme().toCome()}}};
    double sum = 0;
    for (const Part& part : parts)
        sum += std::max(0.0, part.share);
    const QRectF bar(strip.left(), strip.top(), strip.width(), 9);
    const double text = bar.bottom() + 2;
    double x = bar.left(), named = strip.left();
    const QString whose = query ? tr("this query:") : tr("this step:");
    if (textWidth(painter, whose + sharesText(shares)) + 50 < strip.width()) {
        drawLine(painter, {named, text, strip.width(), line}, whose, theme().quietText());
        named += textWidth(painter, whose) + 8;
    }
    for (const Part& part : parts) {
        const double width = sum > 0 ? bar.width() * std::max(0.0, part.share) / sum : 0;
        if (width < 0.5)
            continue;
        painter.setPen(Qt::NoPen);
        painter.setBrush(part.colour);
        painter.drawRoundedRect(QRectF(x, bar.top(), std::max(1.0, width - 1), bar.height()), 2, 2);
        x += width;
        const QString name = QStringLiteral("%1 %2").arg(part.name, percent(part.share));
        painter.drawRoundedRect(QRectF(named, text + line / 2 - 4, 8, 8), 2, 2);
        drawLine(painter, {named + 12, text, std::max(0.0, strip.right() - named - 12), line}, name,
                 theme().text());
        named += 12 + textWidth(painter, name) + 12;
    }
}

} // namespace attendre
