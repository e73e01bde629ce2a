#include "widgets/plot_text.h"
#include "widgets/query_memory_content.h"
#include "widgets/timeline_view.h"

#include <algorithm>

namespace attendre {

// What a step is, and what happens once to the current layer.

QString TimelineView::kindName(StepKind kind) {
    switch (kind) {
    case StepKind::Flush:
        return tr("flush");
    case StepKind::Ask:
        return tr("question");
    case StepKind::Answer:
        return tr("answer");
    case StepKind::Chunk:
        break;
    }
    return tr("chunk");
}

std::vector<TimelineView::Span> TimelineView::spansOf(const std::vector<StepInfo>& steps) {
    std::vector<Span> spans;
    for (const StepInfo& step : steps) {
        if (spans.empty() || spans.back().kind != step.kind)
            spans.push_back({step.kind, step.step, step.step});
        spans.back().last = step.step;
    }
    return spans;
}

const TimelineView::Span* TimelineView::spanAt(int step) const {
    const auto found = std::find_if(m_spans.begin(), m_spans.end(), [step](const Span& span) {
        return step >= span.first && step <= span.last;
    });
    return found == m_spans.end() ? nullptr : &*found;
}

std::map<int, QString> TimelineView::events() const {
    std::map<int, QString> words;
    const auto add = [&](int step, const QString& text) {
        if (step >= 0)
            words[step] += (words[step].isEmpty() ? QString() : QStringLiteral(", ")) + text;
    };
    const RunInfo* run = currentRun();
    const bool waits = run && queryMemoryOf(*run, now().layer) > 0;
    if (m_course.firstKey > 0)
        add(m_course.firstKey, tr("keys come"));
    if (waits)
        add(m_course.firstAnswer, tr("answers begin"));
    add(m_course.firstEviction, tr("evictions begin"));
    if (waits) {
        add(m_course.lastKey, tr("last key"));
        add(m_course.lastAnswer, tr("all answered"));
    }
    return words;
}

// What is no chunk of the document stands on a tint, named above it.
void TimelineView::paintSpans(QPainter& painter) {
    const double height = lineHeight(painter);
    for (const Span& span : m_spans) {
        const double left = std::max(m_plot.left(), pixelOf(span.first - 0.5));
        const double right = std::min(m_plot.right(), pixelOf(span.last + 0.5));
        if (span.kind == StepKind::Chunk || right <= left)
            continue;
        QColor tint = span.kind == StepKind::Flush ? theme().waiting() : theme().accent();
        tint.setAlpha(theme().kind() == Theme::Kind::Light ? 30 : 55);
        painter.fillRect(QRectF(left, m_plot.top() - 2, right - left, m_plot.height() + 2), tint);
        painter.setPen(QPen(theme().waiting(), 1));
        painter.drawLine(QPointF(left, m_plot.top() - 2), QPointF(left, m_plot.bottom()));
        const QString name = span.kind == StepKind::Flush
                                 ? tr("flush: who waits is answered, the lowest layer first")
                                 : kindName(span.kind);
        drawLine(painter, {left + 3, m_plot.top() - height - 1, right - left - 3, height}, name,
                 theme().quietText());
    }
}

// A dot at its step and its words beside it, as far as the next one leaves room.
void TimelineView::paintEvents(QPainter& painter, const QRectF& row) {
    const QString name = tr("layer %1").arg(now().layer);
    drawLine(painter, {0, row.top(), m_plot.left() - 14, row.height()}, name, theme().quietText(),
             Qt::AlignRight | Qt::AlignVCenter);
    const std::map<int, QString> all = events();
    for (auto event = all.begin(); event != all.end(); ++event) {
        const double x = pixelOf(event->first);
        if (x < m_plot.left() - 1 || x > m_plot.right() + 1)
            continue;
        painter.setPen(Qt::NoPen);
        painter.setBrush(event->first == m_course.firstEviction ? theme().evicted()
                                                                : theme().waiting());
        painter.drawEllipse(QPointF(x, row.center().y()), 3.2, 3.2);
        const auto next = std::next(event);
        double right =
            next == all.end() ? row.right() : std::min(row.right(), pixelOf(next->first) - 8);
        // The next one's words may stand left of its dot.
        if (next != all.end() && std::next(next) == all.end() &&
            pixelOf(next->first) + 7 + textWidth(painter, next->second) > row.right())
            right -= textWidth(painter, next->second) + 8;
        const double wide = textWidth(painter, event->second);
        // The last one stands left of its dot where it has no room at the right.
        if (x + 7 + wide > row.right() && next == all.end() && event != all.begin() &&
            x - 14 - wide > pixelOf(std::prev(event)->first))
            drawLine(painter, {x - 7 - wide, row.top(), wide + 1, row.height()}, event->second,
                     theme().text());
        else if (right - x - 7 >= wide)
            drawLine(painter, {x + 7, row.top(), right - x - 7, row.height()}, event->second,
                     theme().text());
    }
}

} // namespace attendre
