#include "widgets/one_step_picture.h"
#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <algorithm>
#include <cmath>

namespace attendre {

// Below the slots: whom the phase is about.

namespace {

QColor tinted(QColor colour, int alpha) {
    colour.setAlpha(alpha);
    return colour;
}

} // namespace

void OneStepPicture::paintLane(QPainter& painter) const {
    switch (m_moment.phase) {
    case Phase::Rank:
        return paintRanks(painter);
    case Phase::Evict:
        return paintLeaving(painter);
    case Phase::Insert:
        return paintArrivals(painter);
    case Phase::Wait:
        return paintQueue(painter);
    case Phase::Retrieve:
        return paintReading(painter);
    case Phase::Record:
        return paintUsage(painter);
    }
}

// Each candidate is a bar as high as its rank. The bars move from the order of the slots to that of
// the ranks, and the cut falls between those that have to leave and the others.
void OneStepPicture::paintRanks(QPainter& painter) const {
    const auto& candidates = m_step.ranking.candidates;
    if (candidates.empty() || !m_step.agrees)
        return;
    const double line = lineHeight(painter);
    const QRectF plot = m_lane.adjusted(0, line + 2, 0, -line - 1);
    if (plot.height() < 8)
        return;
    std::vector<int> bySlot;
    for (const Candidate& candidate : candidates)
        bySlot.push_back(candidate.slot);
    std::sort(bySlot.begin(), bySlot.end());
    const double width = plot.width() / double(candidates.size()), t = ease();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const Candidate& candidate = candidates[i];
        const auto place =
            std::lower_bound(bySlot.begin(), bySlot.end(), candidate.slot) - bySlot.begin();
        const double at = double(place) + (double(i) - double(place)) * t;
        const double share = m_high > m_low ? (candidate.rank - m_low) / (m_high - m_low) : 0.5;
        const double height = plot.height() * (0.06 + 0.94 * share);
        painter.fillRect(QRectF(plot.left() + at * width, plot.bottom() - height,
                                std::max(0.5, width - (width > 3 ? 1 : 0)), height),
                         candidate.victim ? m_theme.evicted() : tinted(m_theme.resident(), 150));
    }
    drawLine(painter, {plot.left(), plot.bottom() + 1, plot.width(), line},
             tr("candidates, lowest %1 first").arg(m_run.policy.rankLabel), m_theme.quietText());
    if (!m_step.ranking.cut() || t < 1)
        return;
    const double x = plot.left() + width * m_step.ranking.victims;
    QPen pen(m_theme.text(), 1.4);
    pen.setDashPattern({4, 3});
    painter.setPen(pen);
    painter.drawLine(QPointF(x, m_lane.top() + line), QPointF(x, plot.bottom()));
    const QString words = tr("cut: %1 leave, up to %2 | %3 stays")
                              .arg(wholeNumber(m_step.ranking.victims),
                                   shortNumber(m_step.ranking.lastVictim()->rank),
                                   shortNumber(m_step.ranking.firstSurvivor()->rank));
    const double wide = textWidth(painter, words);
    drawLine(painter,
             {std::clamp(x - wide / 2, plot.left(), std::max(plot.left(), plot.right() - wide)),
              m_lane.top(), wide + 1, line},
             words, m_theme.text());
}

std::vector<OneStepPicture::Chip> OneStepPicture::chips(const std::vector<std::int32_t>& positions,
                                                        const QRectF& lane) const {
    std::vector<Chip> shown;
    const QFontMetricsF metrics(tokenFont());
    const double height = std::ceil(metrics.height()) + 6, between = 4;
    const double more = metrics.horizontalAdvance(QStringLiteral("+ 8,888"));
    const int rows = std::max(1, int((lane.height() + between) / (height + between)));
    double x = lane.left();
    int row = 0;
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const QString text = plainToken(m_step.text(positions[i]));
        const double width = std::max(metrics.horizontalAdvance(text) + 8, height * 0.8);
        const bool last = row + 1 == rows;
        const double end = lane.right() - (last && i + 1 < positions.size() ? more : 0);
        if (x + width > end && x > lane.left()) {
            if (last)
                break;
            ++row;
            x = lane.left();
        }
        shown.push_back({{x, lane.top() + row * (height + between), width, height}, text});
        x += width + between;
    }
    return shown;
}

void OneStepPicture::paintChip(QPainter& painter, const Chip& chip, const QColor& colour,
                               bool struck) const {
    painter.save();
    painter.setFont(tokenFont());
    painter.setPen(QPen(colour, 1.2));
    painter.setBrush(tinted(colour, 34));
    painter.drawRoundedRect(chip.box, 3, 3);
    painter.setPen(m_theme.text());
    painter.drawText(chip.box, Qt::AlignCenter, chip.text);
    if (struck) {
        painter.setPen(QPen(colour, 1.4));
        painter.drawLine(QPointF(chip.box.left() + 2, chip.box.center().y() + 1),
                         QPointF(chip.box.right() - 2, chip.box.center().y() + 1));
    }
    painter.restore();
}

void OneStepPicture::paintMore(QPainter& painter, const std::vector<Chip>& shown, std::size_t all,
                               const QRectF& lane) const {
    if (shown.empty() || shown.size() >= all)
        return;
    const QRectF last = shown.back().box;
    drawLine(
        painter, {last.right() + 6, last.top(), lane.right() - last.right() - 6, last.height()},
        QStringLiteral("+ %1").arg(wholeNumber(qint64(all - shown.size()))), m_theme.quietText());
}

// The victims fall out of their slots, the lowest rank first.
void OneStepPicture::paintLeaving(QPainter& painter) const {
    const double line = lineHeight(painter), t = ease();
    std::vector<std::int32_t> who;
    std::vector<int> from;
    for (int i = 0; i < m_step.ranking.victims; ++i) {
        who.push_back(m_step.ranking.candidates[std::size_t(i)].position);
        from.push_back(m_step.ranking.candidates[std::size_t(i)].slot);
    }
    if (who.empty())
        return;
    drawLine(painter, {m_lane.left(), m_lane.top(), m_lane.width(), line},
             tr("%1 leave, the lowest %2 first")
                 .arg(wholeNumber(qint64(who.size())), m_run.policy.rankLabel),
             m_theme.quietText());
    const QRectF lane = m_lane.adjusted(0, line + 3, 0, 0);
    std::vector<Chip> shown = chips(who, lane);
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const QPointF way = slotRect(from[i]).center() - shown[i].box.center();
        Chip chip = shown[i];
        chip.box.translate(way * (1 - t));
        painter.setOpacity(0.25 + 0.75 * t);
        paintChip(painter, chip, m_theme.evicted(), t >= 1);
    }
    painter.setOpacity(1);
    if (t >= 1)
        paintMore(painter, shown, who.size(), lane);
}

// Who arrived, and whose slot each took.
void OneStepPicture::paintArrivals(QPainter& painter) const {
    if (m_step.changes.empty())
        return;
    const double line = lineHeight(painter);
    drawLine(painter, {m_lane.left(), m_lane.top(), m_lane.width(), line},
             tr("who left → who came, by slot"), m_theme.quietText());
    const QRectF lane = m_lane.adjusted(0, line + 3, 0, 0);
    const QFontMetricsF metrics(tokenFont());
    const double height = std::ceil(metrics.height()) + 6;
    const double more = metrics.horizontalAdvance(QStringLiteral("+ 8,888"));
    double x = lane.left(), y = lane.top();
    std::size_t told = 0;
    for (const OneStep::Change& change : m_step.changes) {
        const auto chip = [&](std::int32_t position) {
            const QString text = plainToken(m_step.text(position));
            return Chip{{0, 0, std::max(metrics.horizontalAdvance(text) + 8, height * 0.8), height},
                        text};
        };
        const bool freed = change.out != noPosition;
        Chip out = freed ? chip(change.out) : Chip(), in = chip(change.in);
        const double arrow = metrics.horizontalAdvance(u'→') + 6;
        const double wide = (freed ? out.box.width() + arrow : 0) + in.box.width();
        const bool last = y + 2 * height + 4 > lane.bottom() + 1;
        if (x + wide > lane.right() - (last ? more : 0) && x > lane.left()) {
            if (last)
                break;
            x = lane.left();
            y += height + 4;
        }
        if (freed) {
            out.box.moveTopLeft({x, y});
            paintChip(painter, out, m_theme.evicted(), true);
            drawLine(painter, {out.box.right() + 3, y, arrow, height}, QStringLiteral("→"),
                     m_theme.quietText());
        }
        in.box.moveTopLeft({x + wide - in.box.width(), y});
        paintChip(painter, in, m_theme.inChunk(), false);
        x += wide + 12;
        ++told;
    }
    if (told < m_step.changes.size())
        drawLine(painter, {x - 4, y, more, height},
                 QStringLiteral("+ %1").arg(wholeNumber(qint64(m_step.changes.size() - told))),
                 m_theme.quietText());
}

// The Q memory: the arrivals step on from the right; who no longer has a place comes out above.
void OneStepPicture::paintQueue(QPainter& painter) const {
    const LayerStepInfo& layer = m_step.layer;
    const int most = std::max({layer.answered, layer.waiting, m_step.waitingBefore()});
    if (most == 0)
        return;
    const double line = lineHeight(painter), t = ease();
    const bool belt = m_step.queryCapacity > 0;
    const int rows = belt ? 2 : 1;
    const double high = std::min(m_moment.large ? 54.0 : 34.0,
                                 (m_lane.height() - (rows + int(belt)) * line - 8) / rows);
    if (high < 5)
        return;
    const double pitch = std::min(72.0, m_lane.width() / most);
    const double above = m_lane.top() + line + 1, below = above + high + line + 4;
    for (int i = 0; i < layer.answered + layer.waiting; ++i) {
        const bool leaves = i < layer.answered, waited = i < m_step.waitingBefore();
        const QPointF from(waited ? m_lane.left() + i * pitch
                                  : m_lane.right() + (i - m_step.waitingBefore()) * pitch,
                           belt ? below : above);
        const QPointF to(m_lane.left() + (leaves ? i : i - layer.answered) * pitch,
                         leaves ? above : below);
        const QPointF at = from + (to - from) * t;
        if (at.x() + pitch <= m_lane.right() + 1)
            paintWaiting(painter, m_step.firstWaiting() + i,
                         {at.x() + 0.5, at.y(), std::max(0.8, pitch - 1), high}, leaves);
    }
    const auto label = [&](double y, const QString& text) {
        drawLine(painter, {m_lane.left(), y, m_lane.width(), line}, text, m_theme.quietText());
    };
    label(m_lane.top(), belt ? tr("%1 come out and will retrieve").arg(wholeNumber(layer.answered))
                             : tr("%1 go on at once").arg(wholeNumber(layer.answered)));
    if (!belt)
        return;
    label(above + high + 2,
          tr("%1 wait in %2 places, the oldest left")
              .arg(wholeNumber(layer.waiting), wholeNumber(m_step.queryCapacity)));
    label(below + high + 2, tr("solid: comes out · dashed: waits · blue foot: came in this step"));
}

void OneStepPicture::paintWaiting(QPainter& painter, std::int32_t position, const QRectF& box,
                                  bool leaves) const {
    QPen pen(m_theme.waiting(), 1);
    if (!leaves)
        pen.setDashPattern({3, 2});
    painter.setPen(box.width() > 3 ? pen : QPen(Qt::NoPen));
    painter.setBrush(tinted(m_theme.waiting(), leaves ? 110 : 34));
    painter.drawRect(box);
    if (m_step.arrives(position))
        painter.fillRect(QRectF(box.left(), box.bottom() - 3, box.width(), 3), m_theme.inChunk());
    const QFontMetricsF metrics(tokenFont());
    if (box.width() < 15 || metrics.height() > box.height())
        return;
    const QString text = plainToken(m_step.text(position));
    const bool fits = metrics.horizontalAdvance(text) <= box.width();
    painter.save();
    painter.setClipRect(box, Qt::IntersectClip);
    painter.setFont(tokenFont());
    painter.setPen(m_theme.text());
    painter.drawText(box.adjusted(1, 0, -1, 0),
                     Qt::AlignVCenter | (fits ? Qt::AlignHCenter : Qt::AlignLeft), text);
    painter.restore();
}

// One query and the entries that it reads most.
void OneStepPicture::paintReading(QPainter& painter) const {
    if (m_moment.query < 0)
        return;
    const QueryAttention& query = m_step.attention[std::size_t(m_moment.query)];
    const QFontMetricsF metrics(tokenFont());
    const double t = ease(), row = std::ceil(metrics.height()) + 6;
    const QString who = plainToken(m_step.text(query.queryPosition));
    const double asking =
        std::clamp(metrics.horizontalAdvance(who) + 10, row, m_lane.width() * 0.25);
    const Chip chip{{m_lane.left(), m_lane.top() + 2, asking, row}, who};
    paintChip(painter, chip, m_theme.waiting(), false);
    drawLine(painter, {m_lane.left(), chip.box.bottom() + 1, asking + 40, lineHeight(painter)},
             tr("asks"), m_theme.quietText());
    const int fit = std::max(1, int(m_lane.height() / row));
    const double left = m_lane.left() + std::max(asking, 40.0) + 24;
    double token = 0;
    for (const AttendedEntry& entry : query.top)
        token = std::max(token, metrics.horizontalAdvance(plainToken(m_step.text(entry.position))));
    token = std::min(token + 12, (m_lane.right() - left) * 0.35);
    const double number = textWidth(painter, QStringLiteral("88.8 %")) + 8;
    const double place = textWidth(painter, QStringLiteral("8,888")) + 6;
    const double room = m_lane.right() - left - token - place - number - 8;
    for (int i = 0; i < std::min(fit, int(query.top.size())); ++i) {
        const AttendedEntry& entry = query.top[std::size_t(i)];
        if (entry.position == noPosition)
            break;
        const double y = m_lane.top() + i * row;
        const QRectF box(left, y + 1, token, row - 3);
        paintChip(painter, {box, plainToken(m_step.text(entry.position))}, m_theme.resident(),
                  false);
        drawLine(painter, {box.right() + 5, y, place, row}, wholeNumber(entry.position),
                 m_theme.quietText());
        const double share = m_most > 0 ? double(entry.weight) / m_most : 0;
        const double bar = box.right() + 6 + place;
        painter.fillRect(QRectF(bar, y + row * 0.25, std::max(1.0, room * share * t), row * 0.5),
                         m_theme.magnitude(share));
        drawLine(painter, {bar + 4 + room * share * t, y, number, row},
                 percent(double(entry.weight)), m_theme.text());
        painter.setPen(QPen(tinted(m_theme.waiting(), int(60 + 160 * share)), 1 + 2 * share));
        painter.drawLine(QPointF(chip.box.right(), chip.box.center().y()),
                         QPointF(box.left(), box.center().y()));
    }
}

// The entries that drew most: their usage before and after.
void OneStepPicture::paintUsage(QPainter& painter) const {
    if (!m_step.counted || m_step.layer.answered == 0)
        return;
    const QFontMetricsF metrics(tokenFont());
    const double row = std::ceil(metrics.height()) + 5, line = lineHeight(painter);
    const double place = textWidth(painter, QStringLiteral("8,888")) + 6;
    const double token = std::min(m_lane.width() * 0.32, metrics.horizontalAdvance(u'm') * 18);
    const double each = (m_lane.width() - token) / 3;
    const auto cell = [&](int column, double y, const QString& text, const QColor& colour,
                          double height) {
        drawLine(painter, {m_lane.left() + token + column * each, y, each - 6, height}, text,
                 colour);
    };
    const QString titles[] = {tr("mass"), tr("hits"), tr("last attended tick")};
    for (int column = 0; column < 3; ++column)
        cell(column, m_lane.top(), titles[column], m_theme.quietText(), line);
    drawLine(painter, {m_lane.left(), m_lane.top(), token, line}, tr("drew most"),
             m_theme.quietText());
    double y = m_lane.top() + line + 2;
    const auto change = [](const QString& before, const QString& after) {
        return before == after ? after : before + QStringLiteral(" → ") + after;
    };
    for (const OneStep::Gain& gain : m_step.gains) {
        if (y + row > m_lane.bottom() + 1)
            return;
        const QString text = plainToken(m_step.text(gain.position));
        const double wide =
            std::min(token - place - 8, std::max(metrics.horizontalAdvance(text) + 8, row));
        paintChip(painter, {{m_lane.left(), y + 1, wide, row - 3}, text},
                  gain.arrived ? m_theme.inChunk() : m_theme.resident(), false);
        drawLine(painter, {m_lane.left() + wide + 5, y, place, row}, wholeNumber(gain.position),
                 m_theme.quietText());
        const double now = gain.massBefore + (gain.massAfter - gain.massBefore) * ease();
        cell(0, y, change(shortNumber(gain.massBefore), shortNumber(now)), m_theme.text(), row);
        cell(1, y, change(wholeNumber(gain.hitsBefore), wholeNumber(gain.hitsAfter)),
             m_theme.text(), row);
        cell(2, y, change(wholeNumber(gain.tickBefore), wholeNumber(gain.tickAfter)),
             m_theme.text(), row);
        y += row;
    }
}

} // namespace attendre
