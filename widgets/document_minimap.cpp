#include "widgets/document_minimap.h"

#include "widgets/theme.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

QColor blend(const QColor& below, const QColor& above, double share) {
    const auto channel = [share](int a, int b) { return int(a + (b - a) * share); };
    return QColor(channel(below.red(), above.red()), channel(below.green(), above.green()),
                  channel(below.blue(), above.blue()));
}

} // namespace

DocumentMinimap::DocumentMinimap(const Theme* theme, QWidget* parent)
    : QWidget(parent), m_theme(theme) {
    setFixedWidth(40);
    setAccessibleName(tr("The whole document"));
    setToolTip(tr("The whole document: click or drag to go there"));
    setCursor(Qt::PointingHandCursor);
}

void DocumentMinimap::setMemory(const std::optional<DocumentMemory>& memory, bool allHeads) {
    m_memory = memory;
    m_allHeads = allHeads;
    update();
}

void DocumentMinimap::setTokens(std::int32_t tokens) {
    m_tokens = tokens;
    update();
}

void DocumentMinimap::setVisible(std::int32_t first, std::int32_t end) {
    if (first == m_first && end == m_end)
        return;
    m_first = first;
    m_end = end;
    update();
}

void DocumentMinimap::setSelected(std::int32_t token) {
    m_selected = token;
    update();
}

QRect DocumentMinimap::column() const {
    return QRect(8, 6, width() - 16, height() - 12);
}

double DocumentMinimap::yOf(std::int32_t token) const {
    const QRect area = column();
    return m_tokens > 0 ? area.top() + double(token) / m_tokens * area.height() : area.top();
}

QColor DocumentMinimap::rowColour(std::int32_t first, std::int32_t end) const {
    const QColor toCome = blend(m_theme->panel(), m_theme->toCome(), 0.3);
    if (!m_memory || first >= m_memory->firstPosition + m_memory->arrived)
        return toCome;
    if (end > m_memory->firstPosition)
        return m_theme->inChunk();
    const QColor gone = blend(m_theme->panel(), m_theme->evicted(), 0.42);
    const int residents = m_memory->residentsIn(first, end, m_allHeads);
    if (residents == 0)
        return gone;
    // One resident among many stays visible.
    const double share = double(residents) / std::max(1, end - first);
    return blend(gone, m_theme->resident(), std::min(1.0, 0.35 + 0.65 * std::sqrt(share)));
}

void DocumentMinimap::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), m_theme->panel());
    if (m_tokens <= 0)
        return;
    const QRect area = column();
    for (int row = 0; row < area.height(); ++row) {
        const auto first = std::int32_t(qint64(row) * m_tokens / area.height());
        const auto end =
            std::max(first + 1, std::int32_t(qint64(row + 1) * m_tokens / area.height()));
        painter.fillRect(area.left(), area.top() + row, area.width(), 1, rowColour(first, end));
    }
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_selected != noPosition) {
        const double y = yOf(m_selected);
        painter.setPen(Qt::NoPen);
        painter.setBrush(m_theme->accent());
        painter.drawPolygon(QPolygonF({QPointF(0, y - 4), QPointF(6, y), QPointF(0, y + 4)}));
    }
    const double top = yOf(m_first);
    const double height = std::max(8.0, yOf(m_end) - top);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(m_theme->text(), 1.4));
    painter.drawRoundedRect(QRectF(area.left() - 3, top - 1, area.width() + 6, height + 2), 4, 4);
}

void DocumentMinimap::go(int y) {
    const QRect area = column();
    const double t = double(y - area.top()) / std::max(1, area.height());
    if (m_tokens > 0)
        emit wanted(std::clamp(std::int32_t(t * m_tokens), 0, m_tokens - 1));
}

void DocumentMinimap::mousePressEvent(QMouseEvent* event) {
    go(event->pos().y());
}

void DocumentMinimap::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() & Qt::LeftButton)
        go(event->pos().y());
}

void DocumentMinimap::wheelEvent(QWheelEvent* event) {
    event->ignore();
}

} // namespace attendre
