#include "widgets/run_legend.h"

#include <algorithm>

namespace attendre {

namespace {
constexpr int dash = 14, between = 12; // px
}

void RunLegend::dress(const QFont& font, const QColor& text) {
    m_font = font;
    m_text = text;
}

std::vector<QPoint> RunLegend::places(int width, int* lines) const {
    const QFontMetrics metrics(m_font);
    std::vector<QPoint> found;
    int x = 0, line = 0;
    for (const Entry& entry : m_entries) {
        const int wide =
            metrics.horizontalAdvance(entry.text) + (entry.colour.isValid() ? dash + 4 : 0);
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
            painter->setPen(QPen(m_entries[i].colour, 2));
            const double middle = y + metrics.height() / 2;
            painter->drawLine(QPointF(x, middle), QPointF(x + dash, middle));
            x += dash + 4;
        }
        painter->setPen(m_text);
        painter->drawText(x, y + metrics.ascent(),
                          metrics.elidedText(m_entries[i].text, Qt::ElideRight,
                                             std::max(20, mOuterRect.right() - x)));
    }
}

} // namespace attendre
