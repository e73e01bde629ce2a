#include "widgets/breakpoint_source.h"
#include "widgets/breakpoint_words.h"
#include "widgets/notebook.h"
#include "widgets/plot_text.h"
#include "widgets/timeline_view.h"

#include <set>

namespace attendre {

// What a person marked: bookmarks as flags on the upper edge, breakpoints as diamonds where they
// hold, along the lower one.

void TimelineView::wireMarks() {
    if (context().notebook)
        connect(context().notebook, &Notebook::changed, this, qOverload<>(&QWidget::update));
    if (context().breakpoints)
        connect(context().breakpoints, &BreakpointSource::told, this,
                qOverload<>(&QWidget::update));
}

std::map<int, QStringList> TimelineView::marks() const {
    std::map<int, QStringList> words;
    if (const Notebook* notebook = context().notebook)
        for (const Bookmark& one : notebook->bookmarks())
            if (const auto point = notebook->pointOf(one.place); point && point->run == now().run) {
                const QString note = one.note.section(u'\n', 0, 0);
                words[point->step] << (one.name.isEmpty() && note.isEmpty() ? tr("bookmark")
                                       : one.name.isEmpty() ? tr("note: %1").arg(note)
                                                            : tr("bookmark: %1").arg(one.name));
            }
    return words;
}

void TimelineView::paintMarks(QPainter& painter) {
    const auto inSight = [this](double x) {
        return x >= m_plot.left() - 1 && x <= m_plot.right() + 1;
    };
    if (context().breakpoints && !context().notebook->breakpoints().empty()) {
        std::set<int> pixels; // many hits of one pixel are one diamond
        painter.setPen(QPen(theme().panel(), 1));
        painter.setBrush(theme().evicted());
        for (const BreakpointHit& hit : context().breakpoints->of(now().run)) {
            const double x = pixelOf(hit.step), y = m_plot.bottom();
            if (!inSight(x) || !pixels.insert(int(x)).second)
                continue;
            painter.drawPolygon(
                QPolygonF({{x, y - 4.5}, {x + 4.5, y}, {x, y + 4.5}, {x - 4.5, y}}));
        }
    }
    painter.setPen(QPen(theme().panel(), 1));
    painter.setBrush(theme().accent());
    for (const auto& [step, words] : marks()) {
        const double x = pixelOf(step), y = m_plot.top() - 3;
        if (inSight(x))
            painter.drawPolygon(QPolygonF(
                {{x - 4, y - 5}, {x + 4, y - 5}, {x + 4, y + 5}, {x, y + 2}, {x - 4, y + 5}}));
    }
}

QString TimelineView::markText(int step) const {
    QStringList words;
    const auto all = marks();
    if (const auto found = all.find(step); found != all.end())
        words << found->second;
    if (context().breakpoints && context().notebook) {
        int hits = 0;
        for (const BreakpointHit& hit : context().breakpoints->of(now().run))
            hits += hit.step == step;
        if (hits > 0)
            words << (hits == 1 ? tr("a breakpoint holds")
                                : tr("breakpoints hold in %1 places").arg(wholeNumber(hits)));
    }
    return words.join(QStringLiteral(" · "));
}

} // namespace attendre
