#include "widgets/plot_heading.h"

#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"

#include <algorithm>
#include <cmath>

namespace attendre {

PlotHeading::PlotHeading(QCustomPlot* plot) : QCPLayoutElement(plot) {}

void PlotHeading::dress(const QFont& font, const QColor& text, const QColor& quiet) {
    m_font = font;
    m_text = text;
    m_quiet = quiet;
    const int height = int(std::ceil(QFontMetricsF(font).height() + 3));
    setMinimumSize(40, height);
    setMaximumSize(QWIDGETSIZE_MAX, height);
}

void PlotHeading::applyDefaultAntialiasingHint(QCPPainter* painter) const {
    painter->setAntialiasing(false);
}

void PlotHeading::draw(QCPPainter* painter) {
    QFont bold = m_font;
    bold.setBold(true);
    painter->setFont(bold);
    const QRectF box = mOuterRect;
    drawLine(*painter, box, m_title, m_text);
    const double taken = textWidth(*painter, m_title) + 10;
    painter->setFont(m_font);
    drawLine(*painter, box.adjusted(taken, 0, 0, 0), m_note, m_quiet,
             Qt::AlignRight | Qt::AlignVCenter);
    if (!m_sentence.isEmpty())
        drawWrapped(*painter,
                    {box.left(), box.bottom() + 2, box.width(),
                     std::max(1.0, mParentPlot->viewport().bottom() - box.bottom() - 2)},
                    m_sentence, m_quiet);
}

double NumberTicker::getTickStep(const QCPRange& range) {
    const double step = QCPAxisTicker::getTickStep(range);
    return m_step = m_whole ? std::max(1.0, std::ceil(step)) : step;
}

QString NumberTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
    // What ought to be 0 may be a rounding error away from it.
    const double value = std::abs(tick) < 1e-9 * std::max(1.0, m_step) ? 0 : tick;
    // Ticks close to each other need more digits than a number alone.
    if (m_step < 1 && std::abs(value) > 50 * m_step && std::abs(value) < 1000)
        return QLocale(QLocale::English)
            .toString(value, 'f', int(std::ceil(-std::log10(m_step) + 0.3)));
    return shortNumber(value);
}

} // namespace attendre
