#include "app/phase_stepper.h"

#include "widgets/theme.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>

namespace attendre {

namespace {

constexpr int barHeight = 28;
constexpr int padding = 7;
constexpr int arrow = 16;

QString meaning(Phase phase) {
    switch (phase) {
    case Phase::Rank:
        return QObject::tr("rank: the policy ranks the entries that the step before left");
    case Phase::Evict:
        return QObject::tr("evict: the lowest-ranked make room for this step's arrivals");
    case Phase::Insert:
        return QObject::tr("insert: the arrivals take the slots; old → new");
    case Phase::Wait:
        return QObject::tr("wait: the queries enter the Q memory; without one they leave at once");
    case Phase::Retrieve:
        return QObject::tr("retrieve: the queries attend over what the memory holds now");
    case Phase::Record:
        break;
    }
    return QObject::tr("record: usage is counted; the end of the step");
}

} // namespace

PhaseStepper::PhaseStepper(const Theme* theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Phase of the step"));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void PhaseStepper::setPhase(Phase phase) {
    if (phase == m_phase)
        return;
    m_phase = phase;
    setAccessibleDescription(meaning(phase));
    update();
}

void PhaseStepper::setCompact(bool compact) {
    if (compact == m_compact)
        return;
    m_compact = compact;
    updateGeometry();
    update();
}

int PhaseStepper::segmentWidth(int index) const {
    const QFontMetrics metrics(m_theme->smallFont());
    return metrics.horizontalAdvance(phaseName(Phase(index))) + 2 * padding;
}

QSize PhaseStepper::sizeHint() const {
    int width = 0;
    for (int i = 0; i < phaseCount; ++i)
        width = m_compact ? std::max(width, segmentWidth(i) + 2 * arrow) : width + segmentWidth(i);
    return QSize(width + 2, barHeight);
}

QRect PhaseStepper::segment(int index) const {
    int x = 1;
    for (int i = 0; i < index; ++i)
        x += segmentWidth(i);
    return QRect(x, 1, segmentWidth(index), barHeight - 2);
}

int PhaseStepper::at(const QPoint& position) const {
    if (m_compact) {
        const int now = int(m_phase);
        if (position.x() < width() / 2)
            return std::max(0, now - 1);
        return std::min(phaseCount - 1, now + 1);
    }
    for (int i = 0; i < phaseCount; ++i)
        if (segment(i).contains(position))
            return i;
    return -1;
}

void PhaseStepper::choose(int index) {
    if (index >= 0 && index < phaseCount && Phase(index) != m_phase)
        emit chosen(Phase(index));
}

void PhaseStepper::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_theme->smallFont());
    const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    QPainterPath outline;
    outline.addRoundedRect(frame, m_theme->radius(), m_theme->radius());
    painter.fillPath(outline, m_theme->hover());
    if (m_compact) {
        painter.setPen(m_theme->text());
        painter.drawText(rect(), Qt::AlignCenter, phaseName(m_phase));
        painter.setPen(m_theme->quietText());
        painter.drawText(rect().adjusted(6, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, u"‹"_qs);
        painter.drawText(rect().adjusted(0, 0, -6, 0), Qt::AlignRight | Qt::AlignVCenter, u"›"_qs);
    } else {
        painter.save();
        painter.setClipPath(outline);
        painter.fillRect(segment(int(m_phase)), m_theme->accent());
        painter.restore();
        for (int i = 0; i < phaseCount; ++i) {
            const bool current = Phase(i) == m_phase;
            painter.setPen(current ? m_theme->panel()
                                   : (i < int(m_phase) ? m_theme->text() : m_theme->quietText()));
            painter.drawText(segment(i), Qt::AlignCenter, phaseName(Phase(i)));
        }
    }
    painter.setPen(QPen(hasFocus() ? m_theme->accent() : m_theme->hairline(), hasFocus() ? 2 : 1));
    painter.drawPath(outline);
}

void PhaseStepper::mousePressEvent(QMouseEvent* event) {
    choose(at(event->pos()));
}

void PhaseStepper::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Left)
        choose(int(m_phase) - 1);
    else if (event->key() == Qt::Key_Right)
        choose(int(m_phase) + 1);
    else
        QWidget::keyPressEvent(event);
}

bool PhaseStepper::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int index = m_compact ? int(m_phase) : at(help->pos());
        if (index >= 0)
            QToolTip::showText(help->globalPos(), meaning(Phase(index)), this);
        return true;
    }
    return QWidget::event(event);
}

} // namespace attendre
