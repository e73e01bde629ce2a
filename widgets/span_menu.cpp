#include "widgets/span_menu.h"

#include "widgets/notebook.h"
#include "widgets/notes_view.h"
#include "widgets/run_wishes.h"

#include <QCoreApplication>
#include <QMenu>

#include <algorithm>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("SpanMenu", text);
}

void addBreakpoint(Notebook& notebook, const Breakpoint& breakpoint) {
    std::vector<Breakpoint> all = notebook.breakpoints();
    if (std::find(all.begin(), all.end(), breakpoint) == all.end())
        all.push_back(breakpoint);
    notebook.setBreakpoints(all, tr("add a breakpoint"));
}

} // namespace

QMenu* makeSpanMenu(const ViewContext& context, std::int32_t first, std::int32_t last,
                    const QString& words, QWidget* parent) {
    auto* menu = new QMenu(parent);
    menu->addAction(words)->setEnabled(false);
    menu->addSeparator();
    const Point now = context.point->now();
    if (Notebook* notebook = context.notebook) {
        menu->addAction(tr("&Break when it leaves any head"), notebook, [notebook, first, last] {
            addBreakpoint(*notebook, {first, last, -1, -1, {}, true});
        });
        menu->addAction(tr("Break when it leaves &layer %1, head %2").arg(now.layer).arg(now.head),
                        notebook, [notebook, first, last, now] {
                            addBreakpoint(*notebook, {first, last, now.layer, now.head, {}, true});
                        });
        menu->addAction(tr("Book&mark it at this step"), notebook, [notebook, first, now] {
            Point point = now;
            point.entry = first;
            addBookmark(*notebook, point);
        });
    }
    if (RunWishes* wishes = context.wishes)
        menu->addAction(tr("&Keep it: a run with it pinned…"), wishes,
                        [wishes, first, last] { emit wishes->pinWanted(first, last); });
    return menu;
}

} // namespace attendre
