#include "widgets/run_legend.h"

#include <algorithm>

namespace attendre {

namespace {
constexpr int dash = 14, longDash = 30, between = 12; // px

// A pattern needs room to be told from a line.
int lineOf(const RunLegend::Entry& entry) {
    return entry.dashes.isEmpty() && entry.symbol.isNone() ? dash : longDash;
}
} // namespace

void RunLegend::dress(const QFont& font, const QColor& text) {
    m_font = font;
    m_text = text;
}

std::vector<QPoint> RunLegend::places(int width, int* lines) const {
    const QFontMetrics metrics(m_font);
    std::vector<QPoint> found;
    int x = 0, line = 0;
    for (const Entry& entry : m_entries) {
        const int wide = metrics.horizontalAdvance(entry.text) +
                         (entry.colour.isValid() ? lineOf(entry) + 4 : 0);
        if (x > 0 && x + wide > width) {
            x = 0;
            ++line;
        }
        found.push_back({x, line});
        x += wide + between;
    }
    *lines = m_entries.empty() ? 0 : line + 1;
    return found;
}

void RunLegend::fit(int width) {
    int lines = 0;
    places(width, &lines);
    const int high = lines * (QFontMetrics(m_font).height() + 1);
    setMinimumSize(40, high);
    setMaximumSize(QWIDGETSIZE_MAX, high);
}

void RunLegend::applyDefaultAntialiasingHint(QCPPainter* painter) const {
    painter->setAntialiasing(false);
}

void RunLegend::draw(QCPPainter* painter) {
    const QFontMetrics metrics(m_font);
    int lines = 0;
    const std::vector<QPoint> at = places(mOuterRect.width(), &lines);
    painter->setFont(m_font);
    for (std::size_t i = 0; i < at.size(); ++i) {
        int x = mOuterRect.left() + at[i].x();
        const int y = mOuterRect.top() + at[i].y() * (metrics.height() + 1);
        if (m_entries[i].colour.isValid()) {
            const RunLegend::Entry& entry = m_entries[i];
            const int length = lineOf(entry);
            QPen pen(entry.colour, 2, Qt::SolidLine, Qt::FlatCap);
            if (!entry.dashes.isEmpty())
                pen.setDashPattern(entry.dashes);
            painter->setPen(pen);
            const double middle = y + metrics.height() / 2;
            painter->drawLine(QPointF(x, middle), QPointF(x + length, middle));
            if (!entry.symbol.isNone()) {
                painter->save();
                painter->setAntialiasing(true);
                entry.symbol.applyTo(painter, QPen(entry.colour, 1.5));
                entry.symbol.drawShape(painter, x + length / 2.0, middle);
                painter->restore();
            }
            x += length + 4;
        }
        painter->setPen(m_text);
        painter->drawText(x, y + metrics.ascent(),
                          metrics.elidedText(m_entries[i].text, Qt::ElideRight,
                                             std::max(20, mOuterRect.right() - x)));
    }
}

} // namespace attendre
