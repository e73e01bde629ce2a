#include "widgets/one_step_picture.h"

#include "widgets/one_step_words.h"
#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

constexpr double leastPitch = 3; // px; below, single slots cannot be told apart
constexpr double gap = 8;
constexpr double largePoints = 20;

QColor tinted(QColor colour, int alpha) {
    colour.setAlpha(alpha);
    return colour;
}

} // namespace

OneStepPicture::OneStepPicture(const OneStep& step, const RunInfo& run, const Theme& theme,
                               const QRectF& area, const Moment& moment)
    : m_step(step), m_run(run), m_theme(theme), m_moment(moment) {
    m_sentence = phaseSentence(step, run, moment.phase, moment.query);
    const auto slots_ = std::size_t(std::max(0, step.capacity));
    m_place.assign(slots_, 0);
    m_weight.assign(slots_, 0);
    for (const Candidate& candidate : step.ranking.candidates)
        if (std::size_t(candidate.slot) < slots_)
            m_place[std::size_t(candidate.slot)] = candidate.victim ? 2 : 1;
    if (!step.ranking.candidates.empty()) {
        const auto [low, high] = std::minmax_element(
            step.ranking.candidates.begin(), step.ranking.candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.rank < b.rank; });
        m_low = low->rank;
        m_high = high->rank;
    }
    if (moment.phase == Phase::Record) {
        for (const OneStep::Gain& gain : step.gains)
            m_weight[std::size_t(gain.slot)] = gain.lastMass;
    } else if (moment.query >= 0) {
        for (const AttendedEntry& read : step.attention[std::size_t(moment.query)].top) {
            const auto found =
                std::find(step.after.position.begin(), step.after.position.end(), read.position);
            if (read.position != noPosition && found != step.after.position.end())
                m_weight[std::size_t(found - step.after.position.begin())] = double(read.weight);
        }
    }
    if (!m_weight.empty())
        m_most = *std::max_element(m_weight.begin(), m_weight.end());
    arrange(area);
}

QFont OneStepPicture::sentenceFont() const {
    QFont font = m_theme.textFont();
    if (m_moment.large)
        font.setPointSizeF(largePoints);
    return font;
}

QFont OneStepPicture::tokenFont() const {
    QFont font = m_theme.tokenFont();
    font.setPointSizeF(m_moment.large ? largePoints : m_theme.smallFont().pointSizeF());
    return font;
}

double OneStepPicture::ease() const {
    const double t = std::clamp(m_moment.progress, 0.0, 1.0);
    return t * t * (3 - 2 * t);
}

// From the top: phases, sentence, slots, legend, lane. A low panel keeps the sentence and the
// slots.
void OneStepPicture::arrange(const QRectF& area) {
    QFont names = m_theme.smallFont();
    if (m_moment.large)
        names.setPointSizeF(largePoints * 0.7);
    double y = area.top();
    m_phases = {area.left(), y, area.width(), lineHeight(names) + 7};
    y = m_phases.bottom() + gap;
    // Every phase's sentence has the same room, so that nothing jumps from one to the next.
    const double line = lineHeight(sentenceFont());
    double words = line;
    for (int i = 0; i < phaseCount; ++i)
        words =
            std::max(words, wrappedHeight(sentenceFont(), area.width(),
                                          phaseSentence(m_step, m_run, Phase(i), m_moment.query)));
    const double most = std::max(line, std::floor(area.height() * 0.45 / line) * line);
    m_words = {area.left(), y, area.width(), std::min(words, most)};
    y = m_words.bottom() + gap;
    const double rest = area.bottom() - y, small = lineHeight(names);
    const bool legend = rest >= 90, lane = rest >= 110;
    const double slots_ = lane ? (rest - small) * 0.52 : rest - (legend ? small : 0);
    arrangeGrid(area.left(), y, area.width(), std::max(12.0, slots_));
    y = m_grid.bottom() + 2;
    m_legend = legend ? QRectF(area.left(), y, area.width(), small) : QRectF();
    y += legend ? small + gap : gap;
    m_lane = lane ? QRectF(area.left(), y, area.width(), area.bottom() - y) : QRectF();
}

// The largest cells with which all slots are seen, rows of a round number.
void OneStepPicture::arrangeGrid(double left, double top, double width, double height) {
    const double largest = m_moment.large ? 40 : 24;
    double best = 0;
    for (int columns = 1; columns <= std::max(1, int(width / leastPitch)); ++columns) {
        const int rows = (std::max(1, m_step.capacity) + columns - 1) / columns;
        const double pitch = std::min({width / columns, height / rows, largest});
        const double favour = columns % 16 == 0 ? 1.12 : columns % 8 == 0 ? 1.06 : 1.0;
        if (pitch * favour >= best) {
            best = pitch * favour;
            m_columns = columns;
            m_pitch = pitch;
        }
    }
    const int rows = (std::max(1, m_step.capacity) + m_columns - 1) / m_columns;
    if (m_pitch < leastPitch) {
        m_pitch = 0;
        m_grid = {left, top, width, std::min(height, 28.0)};
        return;
    }
    m_grid = {left, top, m_columns * m_pitch, rows * m_pitch};
}

QRectF OneStepPicture::phaseRect(Phase phase) const {
    const double each = m_phases.width() / phaseCount;
    return {m_phases.left() + int(phase) * each, m_phases.top(), each, m_phases.height()};
}

int OneStepPicture::phaseAt(const QPointF& at) const {
    return m_phases.contains(at)
               ? std::clamp(int((at.x() - m_phases.left()) / m_phases.width() * phaseCount), 0,
                            phaseCount - 1)
               : -1;
}

QRectF OneStepPicture::slotRect(int slot) const {
    if (slot < 0 || slot >= m_step.capacity)
        return {};
    if (m_pitch <= 0) {
        const double each = m_grid.width() / std::max(1, m_step.capacity);
        return {m_grid.left() + slot * each, m_grid.top(), each, m_grid.height()};
    }
    const double between = m_pitch > 14 ? 3 : m_pitch > 7 ? 2 : 1;
    return {m_grid.left() + (slot % m_columns) * m_pitch + between / 2,
            m_grid.top() + (slot / m_columns) * m_pitch + between / 2, m_pitch - between,
            m_pitch - between};
}

int OneStepPicture::slotAt(const QPointF& at) const {
    if (!m_grid.contains(at))
        return -1;
    const int slot = m_pitch > 0
                         ? int((at.y() - m_grid.top()) / m_pitch) * m_columns +
                               std::min(m_columns - 1, int((at.x() - m_grid.left()) / m_pitch))
                         : int((at.x() - m_grid.left()) / m_grid.width() * m_step.capacity);
    return slot < m_step.capacity ? slot : -1;
}

void OneStepPicture::paint(QPainter& painter) const {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    paintPhases(painter);
    painter.setFont(sentenceFont());
    drawWrapped(painter, m_words, m_sentence, m_theme.text());
    m_pitch > 0 ? paintSlots(painter) : paintBar(painter);
    QFont small = m_theme.smallFont();
    if (m_moment.large)
        small.setPointSizeF(largePoints * 0.7);
    painter.setFont(small);
    if (!m_legend.isEmpty())
        drawLine(painter, m_legend, phaseLegend(m_step, m_run, m_moment.phase),
                 m_theme.quietText());
    if (!m_lane.isEmpty())
        paintLane(painter);
    painter.restore();
}

void OneStepPicture::paintPhases(QPainter& painter) const {
    QFont font = m_theme.smallFont();
    if (m_moment.large)
        font.setPointSizeF(largePoints * 0.7);
    font.setBold(true);
    const auto name = [](int phase, bool numbered) {
        return (numbered ? QStringLiteral("%1 · ").arg(phase + 1) : QString()) +
               phaseName(Phase(phase));
    };
    bool numbered = true; // all or none
    for (int i = 0; i < phaseCount; ++i)
        numbered = numbered && QFontMetricsF(font).horizontalAdvance(name(i, true)) <=
                                   phaseRect(Phase(i)).width() - 2;
    for (int i = 0; i < phaseCount; ++i) {
        const QRectF box = phaseRect(Phase(i));
        const bool current = Phase(i) == m_moment.phase, done = i < int(m_moment.phase);
        const QRectF bar(box.left() + 2, box.bottom() - 4, box.width() - 4, 3);
        painter.fillRect(bar, m_theme.hover());
        if (done || current)
            painter.fillRect(
                QRectF(bar.left(), bar.top(), bar.width() * (done ? 1 : ease()), bar.height()),
                done ? m_theme.toCome() : m_theme.accent());
        font.setBold(current);
        painter.setFont(font);
        drawLine(painter, box.adjusted(-2, 0, 2, -5), name(i, numbered),
                 current ? m_theme.text() : m_theme.quietText(),
                 Qt::AlignHCenter | Qt::AlignVCenter);
    }
}

// Until the insertion the memory as the step before left it, from then on as this step leaves it.
QColor OneStepPicture::slotColour(int slot) const {
    const auto at = std::size_t(slot);
    const bool before = m_moment.phase < Phase::Insert;
    const auto& position = before ? m_step.before.position : m_step.after.position;
    if (at >= position.size() || position[at] == noPosition)
        return {};
    if (before) {
        if (m_place[at] == 0 || at >= m_step.before.rank.size())
            return m_theme.hover();
        const double rank = m_step.before.rank[at];
        return m_theme.magnitude(m_high > m_low ? (rank - m_low) / (m_high - m_low) : 0.5);
    }
    const bool arrived = m_step.arrives(position[at]);
    if (m_moment.phase == Phase::Retrieve || m_moment.phase == Phase::Record) {
        const bool known = m_moment.phase == Phase::Record ? m_step.counted : m_moment.query >= 0;
        if (known && m_weight[at] > 0 && m_most > 0)
            return m_theme.magnitude(m_moment.phase == Phase::Retrieve
                                         ? m_weight[at] / m_most
                                         : 1 + std::log10(m_weight[at] / m_most) / 4);
        return tinted(m_theme.resident(), 45);
    }
    return arrived ? tinted(m_theme.inChunk(), m_moment.phase == Phase::Wait ? 110 : 200)
                   : tinted(m_theme.resident(), 70);
}

void OneStepPicture::paintSlots(QPainter& painter) const {
    for (int slot = 0; slot < m_step.capacity; ++slot)
        paintSlot(painter, slot, slotRect(slot));
    if (m_moment.phase == Phase::Insert)
        for (const OneStep::Change& change : m_step.changes)
            paintChange(painter, change, slotRect(change.slot));
    for (int slot = 0; slot < m_step.capacity && m_moment.entry != noPosition; ++slot) {
        const auto& position =
            m_moment.phase < Phase::Insert ? m_step.before.position : m_step.after.position;
        if (std::size_t(slot) >= position.size() || position[std::size_t(slot)] != m_moment.entry)
            continue;
        painter.setPen(QPen(m_theme.text(), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(slotRect(slot).adjusted(-1.5, -1.5, 1.5, 1.5), 3, 3);
    }
}

void OneStepPicture::paintSlot(QPainter& painter, int slot, const QRectF& box) const {
    const double round = m_pitch > 12 ? 2.5 : 0;
    const QColor fill = slotColour(slot);
    const bool before = m_moment.phase < Phase::Insert;
    const bool leaves = before && m_place[std::size_t(slot)] == 2;
    painter.setPen(fill.isValid() ? QPen(Qt::NoPen) : QPen(m_theme.hairline(), 1));
    painter.setBrush(fill.isValid() ? QBrush(fill) : QBrush(Qt::NoBrush));
    painter.setOpacity(leaves && m_moment.phase == Phase::Evict ? 1 - 0.8 * ease() : 1);
    painter.drawRoundedRect(box, round, round);
    painter.setOpacity(1);
    if (before && fill.isValid() && m_place[std::size_t(slot)] == 0)
        drawHatch(painter, box, m_theme.toCome(), m_pitch > 12 ? 4 : 3);
    if (!leaves)
        return;
    if (m_moment.phase == Phase::Rank) {
        const double edge = std::max(3.0, m_pitch * 0.4) * ease();
        painter.setPen(Qt::NoPen);
        painter.setBrush(m_theme.evicted());
        painter.drawPolygon(QPolygonF(
            {box.topLeft(), box.topLeft() + QPointF(edge, 0), box.topLeft() + QPointF(0, edge)}));
        return;
    }
    painter.setPen(QPen(m_theme.evicted(), m_pitch > 12 ? 1.6 : 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), round, round);
    painter.drawLine(box.bottomLeft(), box.topRight());
}

// Old above the diagonal, new below it.
void OneStepPicture::paintChange(QPainter& painter, const OneStep::Change& change,
                                 const QRectF& box) const {
    const QPolygonF old({box.topLeft(), box.topRight(), box.bottomLeft()});
    if (change.out != noPosition) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(m_theme.panel());
        painter.drawPolygon(old);
        painter.setBrush(tinted(m_theme.evicted(), 130));
        painter.drawPolygon(old);
        painter.setPen(QPen(m_theme.panel(), 1));
        painter.drawLine(box.topRight(), box.bottomLeft());
    }
    const double t = ease();
    if (t >= 1 || m_lane.isEmpty())
        return;
    // On its way up from the lane.
    const double share = double(&change - m_step.changes.data() + 1) /
                         double(std::max<std::size_t>(1, m_step.changes.size()));
    const QPointF from(m_lane.left() + m_lane.width() * share, m_lane.top() + 10);
    const QPointF at = from + (box.center() - from) * t;
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.inChunk());
    painter.drawRoundedRect(QRectF(at - QPointF(box.width(), box.height()) / 2, box.size()), 2, 2);
}

// More slots than can be told apart: how many are free, stay, leave or have just been taken.
void OneStepPicture::paintBar(QPainter& painter) const {
    const bool before = m_moment.phase < Phase::Insert;
    const int occupied = before ? m_step.occupancyBefore : m_step.layer.occupancy;
    const int changed = before ? m_step.ranking.victims : int(m_step.changes.size());
    double x = m_grid.left();
    const auto part = [&](int count, const QColor& colour) {
        const double width = m_grid.width() * count / std::max(1, m_step.capacity);
        painter.fillRect(QRectF(x, m_grid.top(), width, m_grid.height()), colour);
        x += width;
    };
    painter.fillRect(m_grid, m_theme.hover());
    part(std::max(0, occupied - changed), tinted(m_theme.resident(), 90));
    part(changed, before ? tinted(m_theme.evicted(), 160) : m_theme.inChunk());
}

} // namespace attendre
