#include "widgets/memory_legend.h"

#include "widgets/document_text.h"
#include "widgets/plot_paint.h"
#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>

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
            lines << (column == MemoryColumn::Hits && *value == 1
                          ? tr("1 hit")
                          : text.arg(m_scale.number(*value)));
    if (m_content->marks[std::size_t(slot)] == MemoryContent::Mark::NextVictim)
        lines << tr("goes next");
    if (m_content->isShielded(slot))
        lines << tr("protected");
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

QString MemoryLegend::scaleName() const {
    return columnWords(m_scale.column, m_rankLabel) +
           (m_scale.logarithmic ? tr(" (log)") : QString());
}

int MemoryLegend::paintScale(QPainter& painter, int y) const {
    const QFontMetrics metrics(m_theme->smallFont());
    const double wide = width() - left - 4;
    y += int(drawWrapped(painter, QRectF(left, y, wide, metrics.height() * 3.5), scaleName(),
                         m_theme->quietText())) +
         3;
    if (!m_scale.known) {
        const QString why =
            m_content->occupancy == 0 ? tr("the memory is empty")
            : !m_content->unread.empty() && !m_content->value(0, m_scale.column)
                ? tr("not attended to yet")
            : m_content->value(0, m_scale.column)
                ? (std::count(m_content->shielded.begin(), m_content->shielded.end(), true) >=
                           m_content->occupancy
                       ? tr("every entry is protected")
                       : tr("no entry that is ranked has a finite value"))
                : tr("not kept at this step at summary detail");
        return y + int(drawWrapped(painter, QRectF(left, y, wide, metrics.height() * 4.5), why,
                                   m_theme->quietText()));
    }
    const int high = std::clamp(height() / 4, 26, 90);
    for (int i = 0; i < high; ++i)
        painter.fillRect(QRectF(left, y + i, 12, 1.5),
                         m_theme->magnitude(1 - double(i) / (high - 1)));
    painter.setPen(m_theme->quietText());
    // The cut's own number stands in place of an end's where both are one.
    if (!m_scale.cut || *m_scale.cut != m_scale.greatest)
        painter.drawText(left + 18, y + metrics.ascent() - 2, m_scale.number(m_scale.greatest));
    if (!m_scale.cut || *m_scale.cut != m_scale.least)
        painter.drawText(left + 18, y + high, m_scale.number(m_scale.least));
    paintCut(painter, QRectF(left, y, 12, high));
    return y + high;
}

// Where on the scale the next eviction cuts.
void MemoryLegend::paintCut(QPainter& painter, const QRectF& bar) const {
    if (!m_scale.cut)
        return;
    const double y = bar.bottom() - m_scale.t(*m_scale.cut) * bar.height();
    painter.setPen(QPen(m_theme->evicted(), 2));
    painter.drawLine(QPointF(bar.left() - 2, y), QPointF(bar.right() + 4, y));
    const QFontMetrics metrics(m_theme->smallFont());
    const double high = metrics.ascent(); // of a line of numbers
    if (bar.height() < 3 * high)
        return;
    // Beside the line, but clear of the numbers at both ends.
    const double at = std::clamp(y, bar.top() + 1.6 * high, bar.bottom() - 1.4 * high);
    painter.setPen(m_theme->quietText());
    painter.drawText(QPointF(bar.right() + 7, at + high / 2 - 1),
                     tr("cut %1").arg(m_scale.number(*m_scale.cut)));
}

int MemoryLegend::paintMarks(QPainter& painter, int y) const {
    const QFontMetrics metrics(m_theme->smallFont());
    const int line = metrics.height() + 4;
    const bool before = m_content->point.phase < Phase::Insert;
    // A line that does not fit whole is left out.
    const auto item = [&](const QString& name, auto mark) {
        if (y + line > height())
            return;
        mark(QRectF(left, y + (line - 10) / 2.0, 10, 10));
        painter.setPen(m_theme->quietText());
        painter.drawText(left + 16, y + metrics.ascent() + 2, name);
        y += line;
    };
    if (before || m_content->point.phase >= Phase::Retrieve)
        item(before             ? tr("%1 go now").arg(m_content->next)
             : m_content->byLot ? tr("%1 go, by lot").arg(m_content->next)
                                : tr("next victims: %1").arg(m_content->next),
             [&](const QRectF& box) {
                 painter.setPen(Qt::NoPen);
                 painter.setBrush(m_theme->evicted());
                 painter.drawPolygon(QPolygonF({box.topLeft(), box.topRight(), box.bottomLeft()}));
             });
    if (!before)
        item(tr("this chunk"), [&](const QRectF& box) {
            painter.setPen(QPen(m_theme->inChunk(), 2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 2, 2);
        });
    const auto shielded = std::count(m_content->shielded.begin(), m_content->shielded.end(), true);
    if (shielded > 0)
        item(tr("protected: %1").arg(shielded), [&](const QRectF& box) {
            painter.fillRect(box, m_theme->hover());
            drawHatch(painter, box, m_theme->toCome(), 4);
        });
    return y;
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
