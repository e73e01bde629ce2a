#include "app/eliding_label.h"

#include <QPainter>

#include <algorithm>

namespace attendre {

ElidingLabel::ElidingLabel(const QString& text, QWidget* parent) : QLabel(text, parent) {
    setTextFormat(Qt::PlainText);
}

void ElidingLabel::setColour(const QColor& colour) {
    m_colour = colour;
    update();
}

void ElidingLabel::setShorter(const QStringList& shorter) {
    m_shorter = shorter;
    update();
}

QString ElidingLabel::fitting(int width) const {
    if (fontMetrics().horizontalAdvance(text()) <= width)
        return text();
    for (const QString& shorter : m_shorter)
        if (fontMetrics().horizontalAdvance(shorter) <= width)
            return shorter;
    return fontMetrics().elidedText(m_shorter.isEmpty() ? text() : m_shorter.last(), Qt::ElideRight,
                                    width);
}

QSize ElidingLabel::minimumSizeHint() const {
    const int whole = fontMetrics().horizontalAdvance(text()) + 2;
    return QSize(std::min(whole, m_least), QLabel::minimumSizeHint().height());
}

QSize ElidingLabel::sizeHint() const {
    return QSize(fontMetrics().horizontalAdvance(text()) + 2, QLabel::sizeHint().height());
}

void ElidingLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setFont(font());
    painter.setPen(m_colour.isValid() ? m_colour : palette().color(foregroundRole()));
    constexpr int worthReading = 64; // px: below, an elided text says nothing
    const QString shown = fitting(width());
    if (shown != text() && !m_shorter.contains(shown) && width() < worthReading)
        return;
    painter.drawText(rect(), int(alignment() | Qt::TextSingleLine), shown);
}

} // namespace attendre
