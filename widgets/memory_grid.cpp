#include "widgets/memory_grid.h"

#include "widgets/plot_paint.h"
#include "widgets/theme.h"

#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {
constexpr int margin = 10;
constexpr double smallestPitch = 7, largestPitch = 30;
} // namespace

MemoryGrid::MemoryGrid(const Theme* theme, QWidget* parent)
    : QAbstractScrollArea(parent), m_theme(theme) {
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Slots of the K/V memory"));
    viewport()->setMouseTracking(true);
}

void MemoryGrid::setContent(const MemoryContent* content, const MemoryScale& scale) {
    m_content = content;
    m_scale = scale;
    arrange();
    viewport()->update();
}

void MemoryGrid::setSelected(int slot) {
    m_selected = slot;
    viewport()->update();
}

// The largest cells with which all slots are seen; rows of a round number where that costs little.
void MemoryGrid::arrange() {
    const int slots_ = m_content ? std::max(1, m_content->capacity) : 1;
    const double wide = viewport()->width() - 2 * margin, high = viewport()->height() - 2 * margin;
    const auto pitchWith = [&](int columns) {
        const int rows = (slots_ + columns - 1) / columns;
        return std::min({wide / columns, high / rows, largestPitch});
    };
    double best = 0;
    for (int columns = 1; columns <= std::max(1, int(wide / smallestPitch)); ++columns) {
        const double favour = columns % 8 == 0 ? 1.12 : columns % 4 == 0 ? 1.04 : 1.0;
        if (pitchWith(columns) * favour > best) {
            best = pitchWith(columns) * favour;
            m_columns = columns;
        }
    }
    m_pitch = pitchWith(m_columns);
    if (m_pitch < smallestPitch) {
        m_pitch = smallestPitch;
        m_columns = std::max(1, int(wide / m_pitch));
    }
    const int rows = (slots_ + m_columns - 1) / m_columns;
    const int height = int(rows * m_pitch) + 2 * margin;
    verticalScrollBar()->setRange(0, std::max(0, height - viewport()->height()));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(int(m_pitch));
}

QRectF MemoryGrid::cell(int slot) const {
    const double gap = m_pitch > 14 ? 3 : m_pitch > 9 ? 2 : 1;
    return QRectF(margin + (slot % m_columns) * m_pitch + gap / 2,
                  margin + (slot / m_columns) * m_pitch + gap / 2 - verticalScrollBar()->value(),
                  m_pitch - gap, m_pitch - gap);
}

int MemoryGrid::slotAt(const QPoint& position) const {
    if (!m_content)
        return -1;
    const int column = int((position.x() - margin) / m_pitch);
    const int row = int((position.y() - margin + verticalScrollBar()->value()) / m_pitch);
    const int slot = row * m_columns + column;
    const bool inside = position.x() >= margin && column < m_columns && row >= 0;
    return inside && slot >= 0 && slot < m_content->capacity ? slot : -1;
}

QColor MemoryGrid::colourOf(int slot) const {
    const auto value = m_content->isShielded(slot) ? std::optional<double>()
                                                   : m_content->value(slot, m_scale.column);
    return value ? m_theme->magnitude(m_scale.t(*value)) : m_theme->hover();
}

// Old above the diagonal, new below it; at the eviction the new half is still empty.
void MemoryGrid::drawChange(QPainter& painter, int slot, const QRectF& box) const {
    const MemoryContent::Change& change = m_content->changes.at(slot);
    QPolygonF old({box.topLeft(), box.topRight(), box.bottomLeft()});
    painter.setPen(Qt::NoPen);
    if (m_content->point.phase == Phase::Evict) {
        painter.setBrush(m_theme->hover());
        painter.drawPolygon(QPolygonF({box.topRight(), box.bottomRight(), box.bottomLeft()}));
    } else {
        const bool ranked = m_scale.column == MemoryColumn::Rank;
        QColor colour = ranked ? m_theme->magnitude(m_scale.t(change.outRank)) : m_theme->evicted();
        colour.setAlpha(ranked ? 255 : 90);
        painter.setBrush(colour);
        painter.drawPolygon(old);
    }
    painter.setPen(QPen(m_theme->evicted(), m_pitch > 14 ? 2 : 1));
    painter.drawLine(box.topRight(), box.bottomLeft());
}

void MemoryGrid::drawSlot(QPainter& painter, int slot) const {
    const QRectF box = cell(slot);
    const double round = m_pitch > 12 ? 2.5 : 0;
    painter.setPen(Qt::NoPen);
    if (m_content->isFree(slot)) {
        painter.setPen(QPen(m_theme->hairline(), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(.5, .5, -.5, -.5), round, round);
    } else {
        painter.setBrush(colourOf(slot));
        painter.drawRoundedRect(box, round, round);
        if (m_content->isShielded(slot))
            drawHatch(painter, box, m_theme->toCome(), m_pitch > 12 ? 4 : 3);
    }
    if (m_content->changesHands() && m_content->changes.count(slot))
        drawChange(painter, slot, box);
    const auto mark = m_content->marks[std::size_t(slot)];
    if (mark != MemoryContent::Mark::None) {
        const double edge = std::max(3.0, m_pitch * 0.36);
        painter.setPen(Qt::NoPen);
        painter.setBrush(m_theme->evicted());
        painter.drawPolygon(QPolygonF(
            {box.topLeft(), box.topLeft() + QPointF(edge, 0), box.topLeft() + QPointF(0, edge)}));
    }
    if (m_content->arrivals[std::size_t(slot)]) {
        painter.setPen(QPen(m_theme->inChunk(), m_pitch > 12 ? 2 : 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box, round, round);
    }
    if (slot == m_selected || slot == m_pointed) {
        painter.setPen(QPen(slot == m_selected ? m_theme->text() : m_theme->quietText(), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), round + 1, round + 1);
    }
}

void MemoryGrid::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(event->rect(), m_theme->panel());
    if (!m_content)
        return;
    const int top = verticalScrollBar()->value();
    const int first = std::max(0, int((event->rect().top() + top - margin) / m_pitch)) * m_columns;
    const int last = int((event->rect().bottom() + top - margin) / m_pitch + 1) * m_columns;
    for (int slot = first; slot < std::min(last, m_content->capacity); ++slot)
        drawSlot(painter, slot);
    if (m_selected >= first && m_selected < std::min(last, m_content->capacity))
        drawSlot(painter, m_selected); // above its neighbours
    if (hasFocus()) {
        painter.setPen(QPen(m_theme->accent(), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(viewport()->rect()).adjusted(.5, .5, -.5, -.5), 3, 3);
    }
}

void MemoryGrid::resizeEvent(QResizeEvent* event) {
    QAbstractScrollArea::resizeEvent(event);
    arrange();
}

void MemoryGrid::mousePressEvent(QMouseEvent* event) {
    const int slot = slotAt(event->pos());
    if (event->button() == Qt::LeftButton && slot >= 0)
        emit clicked(slot);
}

void MemoryGrid::mouseMoveEvent(QMouseEvent* event) {
    const int slot = slotAt(event->pos());
    if (slot == m_pointed)
        return;
    m_pointed = slot;
    viewport()->update();
    emit pointedAt(slot);
}

void MemoryGrid::keyPressEvent(QKeyEvent* event) {
    int slot = std::max(0, m_selected);
    switch (event->key()) {
    case Qt::Key_Left:
        --slot;
        break;
    case Qt::Key_Right:
        ++slot;
        break;
    case Qt::Key_Up:
        slot -= m_columns;
        break;
    case Qt::Key_Down:
        slot += m_columns;
        break;
    default:
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    if (m_content && slot >= 0 && slot < m_content->capacity)
        emit clicked(slot);
}

// The arrow keys go from slot to slot here, also where they are shortcuts elsewhere.
bool MemoryGrid::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool arrow = key->key() >= Qt::Key_Left && key->key() <= Qt::Key_Down;
        if (arrow && key->modifiers() == Qt::NoModifier) {
            event->accept();
            return true;
        }
    }
    return QAbstractScrollArea::event(event);
}

bool MemoryGrid::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::Leave && m_pointed >= 0) {
        m_pointed = -1;
        viewport()->update();
        emit pointedAt(-1);
    }
    return QAbstractScrollArea::viewportEvent(event);
}

} // namespace attendre
