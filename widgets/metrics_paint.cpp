#include "widgets/metrics_view.h"

#include "model/analysis/series.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {
constexpr int meanWindow = 64;
} // namespace

void MetricsView::paintPlot(QPainter& painter, const QRectF& area) {
    m_nllPlot = {};
    if (m_plot != Plot::All) {
        paintOne(painter, m_plot, area);
        return;
    }
    // As many as read well; the first ones say most.
    const int columns = std::clamp(int(area.width() / 230), 1, 3);
    const int rows = std::clamp(int(area.height() / 125), 1, 5);
    const int n = std::min(5, columns * rows);
    const int used = (n + columns - 1) / columns;
    const double gap = 16;
    const double width = (area.width() - gap * (columns - 1)) / columns;
    const double height = (area.height() - gap * (used - 1)) / used;
    int column = 0, row = 0;
    for (int i = 0; i < n; ++i) {
        // The loss takes what is over in the grid.
        const int span = i == 0 ? columns * used - n + 1 : 1;
        const int wide = std::min(span, columns);
        paintOne(painter, Plot(i + 1),
                 {area.left() + column * (width + gap), area.top() + row * (height + gap),
                  width * wide + gap * (wide - 1), height});
        column += wide;
        if (column >= columns) {
            column = 0;
            ++row;
        }
    }
}

void MetricsView::quiet(QPainter& painter, const QRectF& box, const QString& sentence) {
    drawWrapped(painter, box.adjusted(0, 4, 0, 0), sentence, theme().quietText());
}

void MetricsView::paintOne(QPainter& painter, Plot plot, const QRectF& box) {
    const double line = lineHeight(painter);
    QFont bold = theme().smallFont();
    bold.setBold(true);
    painter.setFont(bold);
    const QString title = titleOf(plot);
    drawLine(painter, {box.left(), box.top(), box.width(), line}, title, theme().text());
    const double titleWidth = textWidth(painter, title) + 10;
    painter.setFont(theme().smallFont());
    const auto note = [&](const QString& text) {
        drawLine(
            painter,
            {box.left() + titleWidth, box.top(), std::max(0.0, box.width() - titleWidth), line},
            text, theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
    };
    const QRectF inner = box.adjusted(0, line + 2, 0, 0);
    switch (plot) {
    case Plot::Nll:
        note(tr("nats · line: mean of %1 tokens").arg(meanWindow));
        return paintNll(painter, inner);
    case Plot::Next:
        note(tr("after step %1").arg(m_step.step));
        return paintNext(painter, inner);
    case Plot::Occupancy:
        note(tr("of M = %1 slots").arg(wholeNumber(m_run.capacity)));
        return paintSeries(painter, inner, m_run.occupancy, m_run.capacity, theme().inChunk());
    case Plot::Age:
        note(tr("in steps, until step %1").arg(now().step));
        return paintAges(painter, inner);
    default:
        note(tr("milliseconds"));
        return paintSeries(painter, inner, m_run.milliseconds, 0, theme().toCome());
    }
}

void MetricsView::paintNll(QPainter& painter, const QRectF& box) {
    const std::vector<float> own = ownNll();
    const Extent range = unite(extentsOf(own, 0, int(own.size()) - 1, 1));
    if (range.count == 0)
        return quiet(painter, box,
                     tr("No token of this step has an nll: it exists in causal runs only."));
    const double line = lineHeight(painter);
    const double left = textWidth(painter, QStringLiteral("10.5")) + 8;
    m_nllPlot = box.adjusted(left, 3, 0, -line);
    const Scale y{0, std::max(0.5, double(range.maximum)) * 1.05, m_nllPlot.bottom(),
                  m_nllPlot.top()};
    drawLeftAxis(painter, {box.left(), box.top(), left, box.height()}, m_nllPlot, y, theme());
    const double pitch = m_nllPlot.width() / std::max(1, m_step.arrived);
    std::vector<float> all;
    for (const TokenInfo& token : m_step.tokens)
        all.push_back(token.nll);
    const std::vector<float> mean = runningMean(all, meanWindow);
    QPolygonF meanLine;
    for (std::size_t i = 0; i < m_step.tokens.size(); ++i) {
        const TokenInfo& token = m_step.tokens[i];
        if (token.position < m_step.firstPosition)
            continue;
        const double x = m_nllPlot.left() + (token.position - m_step.firstPosition + 0.5) * pitch;
        if (!std::isnan(mean[i]))
            meanLine << QPointF(x, y(double(mean[i])));
        if (std::isnan(token.nll))
            continue;
        const double top = y(double(token.nll));
        QColor fill = token.position == now().entry ? theme().accent() : theme().resident();
        fill.setAlphaF(token.position == now().entry ? 1.f : 0.55f);
        painter.fillRect(QRectF(x - pitch / 2 + (pitch > 4 ? 0.5 : 0), top,
                                std::max(1.0, pitch - (pitch > 4 ? 1 : 0)),
                                std::max(1.0, m_nllPlot.bottom() - top)),
                         fill);
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme().text(), 1.6));
    painter.drawPolyline(meanLine);
    drawBottomAxis(painter, {m_nllPlot.left(), m_nllPlot.bottom(), m_nllPlot.width(), line},
                   {double(m_step.firstPosition), double(m_step.firstPosition + m_step.arrived),
                    m_nllPlot.left(), m_nllPlot.right()},
                   theme());
}

void MetricsView::paintNext(QPainter& painter, const QRectF& box) {
    if (m_step.next.empty())
        return quiet(painter, box, tr("The next token's distribution was not recorded."));
    const double line = lineHeight(painter);
    const int rows = std::clamp(int(box.height() / line), 1, int(m_step.next.size()));
    double names = 0;
    for (int i = 0; i < rows; ++i)
        names = std::max(names, textWidth(painter, plainToken(m_step.next[std::size_t(i)].text)));
    names = std::min(names + 10, box.width() * 0.4);
    const double numbers = textWidth(painter, QStringLiteral("88.8 %")) + 6;
    const double room = std::max(10.0, box.width() - names - numbers);
    const double height = std::min(line * 1.5, box.height() / rows);
    const double most = std::max(1e-9, m_step.next.front().probability);
    for (int i = 0; i < rows; ++i) {
        const NextWord& word = m_step.next[std::size_t(i)];
        const QRectF row(box.left(), box.top() + i * height, box.width(), height);
        const bool came = word.id == m_step.cameId;
        drawLine(painter, {row.left(), row.top(), names - 8, height}, plainToken(word.text),
                 came ? theme().accent() : theme().text(), Qt::AlignRight | Qt::AlignVCenter);
        QColor fill = came ? theme().accent() : theme().resident();
        fill.setAlphaF(came ? 1.f : 0.55f);
        const double width = std::max(1.0, room * word.probability / most);
        painter.fillRect(QRectF(row.left() + names, row.top() + 2, width, height - 4), fill);
        drawLine(painter, {row.left() + names + width + 5, row.top(), numbers + 60, height},
                 percent(word.probability) + (came && room - width > 60 ? tr(" came") : QString()),
                 came ? theme().accent() : theme().quietText());
    }
}

void MetricsView::paintAges(QPainter& painter, const QRectF& box) {
    const std::vector<std::int64_t> ages = agesUntilNow();
    if (ages.empty())
        return quiet(
            painter, box,
            tr("Nobody has been evicted from this layer and head until step %1.").arg(now().step));
    const double line = lineHeight(painter);
    const Histogram bins = histogram(ages, std::max(4, int(box.width() / 14)));
    const double left = textWidth(painter, wholeNumber(bins.most())) + 8;
    const QRectF plot = box.adjusted(left, 3, 0, -line);
    const Scale y{0, double(std::max<std::int64_t>(1, bins.most())), plot.bottom(), plot.top()};
    drawLeftAxis(painter, {box.left(), box.top(), left, box.height()}, plot, y, theme(), 3);
    const double pitch = std::min(40.0, plot.width() / double(bins.counts.size()));
    QColor fill = theme().evicted();
    fill.setAlphaF(0.65f);
    for (std::size_t i = 0; i < bins.counts.size(); ++i) {
        if (bins.counts[i] == 0)
            continue;
        const double top = std::min(y(double(bins.counts[i])), plot.bottom() - 1);
        painter.fillRect(
            QRectF(plot.left() + double(i) * pitch + 0.5, top, pitch - 1, plot.bottom() - top),
            fill);
    }
    const double end = plot.left() + pitch * double(bins.counts.size());
    drawBottomAxis(
        painter, {plot.left(), plot.bottom(), plot.width(), line},
        {double(bins.first) - 0.5, double(bins.begin(bins.counts.size())) - 0.5, plot.left(), end},
        theme());
    const std::int64_t median = quantile(ages, 0.5);
    drawLine(painter, {plot.left(), plot.top() - 2, plot.width(), line},
             tr("%1 evicted, median %2").arg(wholeNumber(bins.total), wholeNumber(median)),
             theme().quietText(), Qt::AlignRight | Qt::AlignVCenter);
}

void MetricsView::paintSeries(QPainter& painter, const QRectF& box,
                              const std::vector<Extent>& extents, double high,
                              const QColor& colour) {
    const Extent all = unite(extents);
    if (all.count == 0)
        return quiet(painter, box, tr("Nothing was recorded here."));
    const double line = lineHeight(painter);
    const double most = std::max({high, double(all.maximum), 1e-9});
    const double left = textWidth(painter, shortNumber(std::ceil(most))) + 8;
    const QRectF plot = box.adjusted(left, 4, -4, -line);
    const Scale y{0, most * 1.04, plot.bottom(), plot.top()};
    drawLeftAxis(painter, {box.left(), box.top(), left, box.height()}, plot, y, theme(), 3);
    const int last = std::max(1, steps() - 1);
    const Scale x{0, double(last), plot.left(), plot.right()};
    const double buckets = double(extents.size()), n = last + 1;
    drawExtents(
        painter, extents, [&](std::size_t i) { return x((double(i) + 0.5) * n / buckets - 0.5); },
        y, colour, plot.width() / buckets > 12);
    painter.setPen(QPen(theme().accent(), 1));
    painter.drawLine(QPointF(x(now().step), plot.top()), QPointF(x(now().step), plot.bottom()));
    drawBottomAxis(painter, {plot.left() - 6, plot.bottom(), plot.width() + 12, line}, x, theme());
}

} // namespace attendre
