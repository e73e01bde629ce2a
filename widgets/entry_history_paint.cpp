#include "widgets/entry_history_view.h"

#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

Scale EntryHistoryView::stepScale(const QRectF& strip) const {
    const Life& life = m_content->life;
    const int last = life.evictedStep >= 0 ? life.evictedStep : m_content->steps - 1;
    return {double(life.insertedStep), double(std::max(last, life.insertedStep + 1)), strip.left(),
            strip.right()};
}

void EntryHistoryView::paintPlot(QPainter& painter, const QRectF& area) {
    const double line = lineHeight(painter);
    QRectF rest = area;
    const double used = drawWrapped(painter, {rest.left(), rest.top(), rest.width(), line * 2},
                                    summary(), theme().quietText());
    rest.setTop(rest.top() + used + 2);
    const auto n = double(m_content->heads.size());
    m_headStrip = {};
    const double headHeight = std::min(line, rest.height() * 0.4 / n);
    const bool room = rest.height() > 100 && headHeight > 3;
    if (room) {
        m_headStrip = {rest.left(), rest.bottom() - headHeight * n, rest.width(), headHeight * n};
        rest.setBottom(m_headStrip.top() - line - 4);
        drawLine(painter, {rest.left(), m_headStrip.top() - line, rest.width(), line},
                 tr("steps in which each head kept it"), theme().quietText());
    }
    const double side = std::min(44.0, rest.width() / 8);
    const double curves = rest.height() - 3.4 * line;
    m_eventStrip = {rest.left() + side, rest.top(), rest.width() - 2 * side,
                    curves > 44 ? 3.4 * line : rest.height()};
    paintEvents(painter, m_eventStrip);
    if (curves > 44) {
        const QRectF below(m_eventStrip.left(), m_eventStrip.bottom() + 4, m_eventStrip.width(),
                           rest.bottom() - m_eventStrip.bottom() - 4);
        const bool mass = std::any_of(m_content->samples.begin(), m_content->samples.end(),
                                      [](const EntrySample& s) { return s.lastMass.has_value(); });
        const bool ranked = std::any_of(m_content->samples.begin(), m_content->samples.end(),
                                        [](const EntrySample& s) { return s.place >= 0; });
        if (mass && !ranked) {
            paintMass(painter, below);
        } else if (mass && below.height() > 90) {
            const double half = below.height() / 2 - 3;
            paintMass(painter, {below.left(), below.top(), below.width(), half});
            paintPlace(painter, {below.left(), below.bottom() - half, below.width(), half});
        } else {
            paintPlace(painter, below);
        }
    }
    if (!m_headStrip.isEmpty())
        paintHeads(painter, m_headStrip);
}

void EntryHistoryView::paintEvents(QPainter& painter, const QRectF& strip) {
    const double y = strip.center().y();
    const Scale x = stepScale(strip);
    const std::vector<Moment> all = moments();
    const bool resident = m_content->life.evictedStep < 0;
    painter.setPen(QPen(theme().hairline(), 2));
    painter.drawLine(QPointF(x(all.front().step), y),
                     QPointF(resident ? strip.right() : x(all.back().step), y));
    if (resident) {
        // It goes on.
        painter.setPen(QPen(theme().toCome(), 2, Qt::DotLine));
        painter.drawLine(QPointF(strip.right(), y), QPointF(strip.right() + 18, y));
    }
    // The current step, where no dot stands for it.
    if (now().step >= x.low && now().step <= x.high) {
        painter.setPen(QPen(theme().accent(), 1.6));
        painter.drawLine(QPointF(x(now().step), y - 8), QPointF(x(now().step), y + 8));
    }
    paintMomentNames(painter, strip, y, all);
    // The frequent kind first, so that what is rare stays on top; close together they are small.
    const double pitch = strip.width() / std::max<std::size_t>(1, all.size());
    const double small = pitch < 14 ? 3 : 5;
    for (const bool rare : {false, true})
        for (const Moment& moment : all) {
            if ((moment.kind != EntryEvent::Kind::Attended) != rare)
                continue;
            const QPointF at(x(moment.step), y);
            painter.setPen(pitch < 14 && !rare ? QPen(Qt::NoPen) : QPen(theme().panel(), 1.5));
            painter.setBrush(colourOf(moment.kind));
            painter.drawEllipse(at, rare ? 6 : small, rare ? 6 : small);
            if (moment.step == now().step) {
                painter.setBrush(Qt::NoBrush);
                painter.setPen(QPen(theme().accent(), 1.6));
                painter.drawEllipse(at, 8.5, 8.5);
            }
        }
}

// "step 9" above a dot, what happened below it; what finds no room is left to the hover sentence.
void EntryHistoryView::paintMomentNames(QPainter& painter, const QRectF& strip, double y,
                                        const std::vector<Moment>& moments) {
    const double line = lineHeight(painter);
    const Scale x = stepScale(strip);
    std::vector<std::pair<double, double>> taken;
    const auto name = [&](const Moment& moment) {
        const QString step = tr("step %1").arg(moment.step);
        const double width =
            std::max(textWidth(painter, step), textWidth(painter, moment.text)) + 2;
        const double left = std::clamp(x(moment.step) - width / 2, strip.left() - 38,
                                       std::max(strip.left() - 38, strip.right() + 38 - width));
        for (const auto& [from, to] : taken)
            if (left < to + 8 && from < left + width + 8)
                return;
        taken.push_back({left, left + width});
        const bool current = moment.step == now().step;
        drawLine(painter, {left, y - line - 9, width, line}, step, theme().quietText(),
                 Qt::AlignHCenter | Qt::AlignVCenter);
        drawLine(painter, {left, y + 9, width, line}, moment.text,
                 current ? theme().accent() : theme().text(), Qt::AlignHCenter | Qt::AlignVCenter);
    };
    for (const Moment& moment : moments)
        if (moment.step == now().step)
            name(moment);
    for (const EntryEvent::Kind kind :
         {EntryEvent::Kind::Evicted, EntryEvent::Kind::Inserted, EntryEvent::Kind::NearlyEvicted,
          EntryEvent::Kind::Attended})
        for (const Moment& moment : moments)
            if (moment.kind == kind && moment.step != now().step)
                name(moment);
}

void EntryHistoryView::paintMass(QPainter& painter, const QRectF& strip) {
    const double line = lineHeight(painter);
    float high = 0;
    int recorded = 0;
    for (const EntrySample& sample : m_content->samples)
        if (sample.lastMass) {
            high = std::max(high, *sample.lastMass);
            ++recorded;
        }
    drawLine(painter, {strip.left(), strip.top(), strip.width(), line},
             (recorded < int(m_content->samples.size())
                  ? tr("mass per step where it was recorded, up to %1")
                  : tr("mass per step, up to %1"))
                 .arg(shortNumber(double(high))),
             theme().quietText());
    const Scale x = stepScale(strip);
    const QRectF plot = strip.adjusted(0, line, 0, 0);
    const Scale y{0, high > 0 ? double(high) : 1, plot.bottom(), plot.top() + 2};
    const double pitch = plot.width() / std::max<std::size_t>(1, m_content->samples.size());
    const double width = std::clamp(pitch - 2, 1.0, 14.0);
    for (const EntrySample& sample : m_content->samples) {
        if (!sample.lastMass)
            continue;
        const double top = y(double(*sample.lastMass));
        painter.fillRect(
            QRectF(x(sample.step) - width / 2, top, width, std::max(1.0, plot.bottom() - top)),
            theme().magnitude(high > 0 ? double(*sample.lastMass / high) : 0));
    }
    painter.setPen(QPen(theme().hairline(), 1));
    painter.drawLine(plot.bottomLeft(), plot.bottomRight());
}

// Its place in the ranking: the further down, the sooner it goes; what is below the cut goes next.
void EntryHistoryView::paintPlace(QPainter& painter, const QRectF& strip) {
    const double line = lineHeight(painter);
    const Scale x = stepScale(strip);
    const QRectF plot = strip.adjusted(0, line, 0, 0);
    const Scale y{0, 1, plot.bottom(), plot.top() + 3};
    QPolygonF course, cut;
    for (const EntrySample& sample : m_content->samples) {
        if (sample.candidates == 0)
            continue;
        const double at = x(sample.step);
        cut << QPointF(at, y(double(sample.victims) / sample.candidates));
        if (sample.place >= 0)
            course << QPointF(at, y((sample.place + 0.5) / sample.candidates));
    }
    drawLine(painter, {strip.left(), strip.top(), strip.width(), line},
             course.isEmpty() ? tr("protected: not ranked")
                              : tr("place in the ranking: what is in the orange goes next"),
             theme().quietText());
    if (cut.size() > 1) {
        QPolygonF reach = cut;
        reach << QPointF(cut.back().x(), plot.bottom()) << QPointF(cut.front().x(), plot.bottom());
        QColor fill = theme().evicted();
        fill.setAlphaF(0.2f);
        painter.setPen(Qt::NoPen);
        painter.setBrush(fill);
        painter.drawPolygon(reach);
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme().resident(), 1.6));
    painter.drawPolyline(course);
    if (course.size() < 40) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme().resident());
        for (const QPointF& point : course)
            painter.drawEllipse(point, 2.2, 2.2);
    }
    painter.setPen(QPen(theme().hairline(), 1));
    painter.drawLine(plot.bottomLeft(), plot.bottomRight());
}

// How long each of the layer's heads kept it, on the scale of the whole run.
void EntryHistoryView::paintHeads(QPainter& painter, const QRectF& strip) {
    const double line = lineHeight(painter);
    const double height = strip.height() / double(m_content->heads.size());
    const double names = height >= line - 2 ? textWidth(painter, tr("head %1").arg(88)) + 8 : 0;
    const double ends =
        height >= line - 2 ? textWidth(painter, tr("%1 – %2").arg(8888).arg(8888)) + 8 : 0;
    const int first = std::max(0, m_content->life.insertedStep);
    const Scale x{double(first), double(std::max(first + 1, m_content->steps)),
                  strip.left() + names, strip.right() - ends};
    for (std::size_t head = 0; head < m_content->heads.size(); ++head) {
        const Life& life = m_content->heads[head];
        const QRectF row(strip.left(), strip.top() + double(head) * height, strip.width(), height);
        const bool current = int(head) == now().head;
        if (names > 0)
            drawLine(painter, {row.left(), row.top(), names - 6, height}, tr("head %1").arg(head),
                     current ? theme().text() : theme().quietText());
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme().hover());
        const double thick = std::min(8.0, height - 2);
        const double top = row.center().y() - thick / 2;
        painter.drawRect(QRectF(x.from, top, x.to - x.from, thick));
        if (life.insertedStep < 0)
            continue;
        const bool gone = life.evictedStep >= 0;
        const double from = x(life.insertedStep);
        const double to = gone ? x(life.evictedStep) : x.to;
        QColor fill = current ? theme().resident() : theme().resident().lighter(120);
        fill.setAlphaF(current ? 1.f : 0.55f);
        painter.setBrush(fill);
        painter.drawRoundedRect(QRectF(from, top, std::max(2.0, to - from), thick), 2, 2);
        if (gone) {
            painter.setBrush(theme().evicted());
            painter.drawRect(QRectF(to - 1.5, top - 1, 3, thick + 2));
        }
        if (ends > 0)
            drawLine(painter, {row.right() - ends + 6, row.top(), ends - 6, height},
                     gone ? tr("%1 – %2").arg(life.insertedStep).arg(life.evictedStep)
                          : tr("%1 – …").arg(life.insertedStep),
                     current ? theme().text() : theme().quietText());
    }
}

} // namespace attendre
