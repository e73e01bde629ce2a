#include "widgets/memory_legend.h"

#include "widgets/document_text.h"
#include "widgets/theme.h"

#include <QPainter>

namespace attendre {

namespace {
constexpr int left = 6;
} // namespace

MemoryLegend::MemoryLegend(const Theme* theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setFixedWidth(116);
}

void MemoryLegend::setContent(const MemoryContent* content, const MemoryScale& scale,
                              const QString& rankLabel) {
    m_content = content;
    m_scale = scale;
    m_rankLabel = rankLabel;
    update();
}

void MemoryLegend::setSlot(int slot) {
    m_slot = slot;
    setAccessibleDescription(facts(slot).join(QStringLiteral(", ")));
    update();
}

QStringList MemoryLegend::facts(int slot) const {
    if (!m_content || slot < 0 || slot >= m_content->capacity)
        return {};
    QStringList lines{tr("slot %1").arg(slot)};
    const std::int32_t position = m_content->state.position[std::size_t(slot)];
    const auto change = m_content->changes.find(slot);
    if (m_content->changesHands() && change != m_content->changes.end()) {
        lines << quoted(m_content->text(change->second.out)) + QStringLiteral(" → ") +
                     quoted(m_content->text(change->second.in));
        lines << tr("out: %1").arg(change->second.out);
        lines << tr("its rank %1").arg(m_scale.number(change->second.outRank));
        lines << tr("in: %1").arg(change->second.in);
        return lines;
    }
    if (position == noPosition)
        return lines << tr("free");
    lines << quoted(m_content->text(position)) << tr("position %1").arg(position);
    for (const auto& [column, text] : {std::pair(MemoryColumn::Hits, tr("%1 hits")),
                                       {MemoryColumn::LastTick, tr("last tick %1")},
                                       {MemoryColumn::Mass, tr("mass %1")},
                                       {MemoryColumn::InsertedStep, tr("since step %1")}})
        if (const auto value = m_content->value(slot, column))
            lines << text.arg(m_scale.number(*value));
    if (m_content->marks[std::size_t(slot)] == MemoryContent::Mark::NextVictim)
        lines << tr("goes next");
    return lines;
}

void MemoryLegend::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_theme->smallFont());
    if (!m_content)
        return;
    int y = paintScale(painter, 10);
    y = paintMarks(painter, y + 12);
    paintFacts(painter, y + 14);
}

int MemoryLegend::paintScale(QPainter& painter, int y) const {
    const QFontMetrics metrics(m_theme->smallFont());
    painter.setPen(m_theme->quietText());
    const QString name = columnName(m_scale.column, QString()) +
                         (isLogarithmic(m_scale.column) ? tr(" (log)") : QString());
    painter.drawText(left, y + metrics.ascent(), name);
    y += metrics.height() + 3;
    if (!m_scale.known) {
        const QRect box(left, y, width() - left - 4, metrics.height() * 4);
        painter.drawText(box, Qt::TextWordWrap,
                         m_content->occupancy > 0 ? tr("not kept at this step at summary detail")
                                                  : tr("the memory is empty"));
        return y + metrics.height() * 4;
    }
    const int high = std::clamp(height() / 4, 36, 90);
    for (int i = 0; i < high; ++i)
        painter.fillRect(QRectF(left, y + i, 12, 1.5),
                         m_theme->magnitude(1 - double(i) / (high - 1)));
    painter.drawText(left + 18, y + metrics.ascent() - 2, m_scale.number(m_scale.greatest));
    painter.drawText(left + 18, y + high, m_scale.number(m_scale.least));
    return y + high;
}

int MemoryLegend::paintMarks(QPainter& painter, int y) const {
    const QFontMetrics metrics(m_theme->smallFont());
    const int line = metrics.height() + 4;
    const bool before = m_content->point.phase < Phase::Insert;
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme->evicted());
    const double top = y + (line - 9) / 2.0;
    painter.drawPolygon(
        QPolygonF({QPointF(left, top), QPointF(left + 9, top), QPointF(left, top + 9)}));
    painter.setPen(m_theme->quietText());
    painter.drawText(left + 16, y + metrics.ascent() + 2,
                     before ? tr("%1 go now").arg(m_content->next)
                            : tr("next victims: %1").arg(m_content->next));
    if (before)
        return y + line;
    y += line;
    painter.setPen(QPen(m_theme->inChunk(), 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(left + 1, y + (line - 9) / 2.0, 8, 8), 2, 2);
    painter.setPen(m_theme->quietText());
    painter.drawText(left + 16, y + metrics.ascent() + 2, tr("this chunk"));
    return y + line;
}

void MemoryLegend::paintFacts(QPainter& painter, int y) const {
    const QStringList lines = facts(m_slot);
    const QFontMetrics metrics(m_theme->smallFont());
    for (qsizetype i = 0; i < lines.size() && y + metrics.height() <= height() - 2; ++i) {
        QFont font = m_theme->smallFont();
        font.setBold(i == 0);
        painter.setFont(font);
        painter.setPen(i < 2 ? m_theme->text() : m_theme->quietText());
        const QFontMetrics own(font);
        painter.drawText(left, y + own.ascent(),
                         own.elidedText(lines[i], Qt::ElideRight, width() - left - 2));
        y += metrics.height() + 2;
    }
}

} // namespace attendre
