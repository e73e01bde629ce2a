#include "widgets/document_minimap.h"

#include "widgets/theme.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

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
    setFixedWidth(44);
    setAccessibleName(tr("The whole document"));
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
    return QRect(8, 6, width() - 20, height() - 12); // at the right the read heads
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
    drawReadHeads(painter);
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

void DocumentMinimap::drawReadHeads(QPainter& painter) const {
    if (!m_memory || !m_memory->hasQueue)
        return;
    const int left = column().right() + 5, right = width() - 1;
    const auto y = [this](std::int32_t token) { return std::round(yOf(token)); };
    for (const ReadHead& head : m_memory->readHeads)
        painter.fillRect(QRectF(left + 1, y(head.answered), right - left - 1, 1),
                         m_theme->inChunk());
    const auto current = std::size_t(m_memory->point.layer);
    if (current >= m_memory->readHeads.size())
        return;
    const ReadHead& head = m_memory->readHeads[current];
    painter.fillRect(QRectF(left + 1, y(head.answered), right - left - 1,
                            std::max(1.0, y(head.come) - y(head.answered))),
                     m_theme->waiting());
    painter.fillRect(QRectF(left - 1, y(head.answered) - 1, right - left + 1, 3), m_theme->text());
}

bool DocumentMinimap::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    QString text = tr("The whole document: click or drag to go there.");
    if (m_memory && m_memory->hasQueue)
        text += tr(" At the right the layers' read heads, and in sky blue who waits: %1.")
                    .arg(readHeadWords(m_memory->readHeads, m_memory->point.layer));
    QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), text, this);
    return true;
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
