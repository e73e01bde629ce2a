#include "app/note_actions.h"

#include "app/playback.h"
#include "app/run_session.h"
#include "app/workbench.h"
#include "widgets/breakpoint_source.h"
#include "widgets/breakpoint_words.h"
#include "widgets/notebook.h"
#include "widgets/notes_view.h"

#include <algorithm>

namespace attendre {

NoteActions::NoteActions(const ViewContext& context, WindowActions* actions, Playback* playback,
                         RunSession* session, QObject* parent)
    : QObject(parent), m_context(context), m_playback(playback), m_session(session) {
    wireBookmarks(actions);
    wireBreakpoints(actions, session);
    QUndoStack* changes = m_context.notebook->undoStack();
    connect(actions->undo, &QAction::triggered, changes, &QUndoStack::undo);
    connect(actions->redo, &QAction::triggered, changes, &QUndoStack::redo);
    const auto name = [actions, changes] {
        actions->undo->setEnabled(changes->canUndo());
        actions->redo->setEnabled(changes->canRedo());
        actions->undo->setText(changes->canUndo() ? tr("&Undo: %1").arg(changes->undoText())
                                                  : tr("&Undo"));
        actions->redo->setText(changes->canRedo() ? tr("&Redo: %1").arg(changes->redoText())
                                                  : tr("&Redo"));
    };
    connect(changes, &QUndoStack::indexChanged, this, name);
    name();
}

void NoteActions::wireBookmarks(WindowActions* actions) {
    connect(actions->bookmark, &QAction::triggered, this, &NoteActions::bookmark);
    for (int i = 0; i < int(actions->bookmarks.size()); ++i)
        connect(actions->bookmarks[std::size_t(i)], &QAction::triggered, this,
                [this, i] { goToBookmark(i); });
}

void NoteActions::wireBreakpoints(WindowActions* actions, RunSession* session) {
    connect(actions->breakHere, &QAction::triggered, this, &NoteActions::toggleBreakpoint);
    connect(actions->toBreakpoint, &QAction::triggered, this, [this] { toBreakpoint(1); });
    connect(actions->previousBreakpoint, &QAction::triggered, this, [this] { toBreakpoint(-1); });
    connect(m_context.notebook, &Notebook::changed, this,
            [this, session] { session->setBreakpoints(m_context.notebook->breakpoints()); });
    connect(session, &RunSession::stopped, this,
            [this](const std::vector<BreakpointHit>& hits) { arrive(hits.front()); });
    connect(m_context.breakpoints, &BreakpointSource::told, this, [this] {
        if (m_seeking && !m_context.breakpoints->searching()) {
            m_seeking.reset();
            toBreakpoint(1);
        }
    });
}

void NoteActions::bookmark() {
    if (!m_context.source->isOpen())
        return emit said(tr("Open a trace first: a bookmark is a place in a run."));
    const int index = addBookmark(*m_context.notebook, m_context.point->now());
    m_workbench->present(QStringLiteral("notes"));
    emit said(index < 9 ? tr("Bookmarked: Ctrl+%1 comes back here.").arg(index + 1)
                        : tr("Bookmarked."));
}

void NoteActions::goToBookmark(int number) {
    const auto& all = m_context.notebook->bookmarks();
    if (number >= int(all.size()))
        return emit said(tr("There is no bookmark %1; Ctrl+B makes one.").arg(number + 1));
    if (const auto point = m_context.notebook->pointOf(all[std::size_t(number)].place))
        m_context.point->move(*point);
    else
        emit said(tr("Bookmark %1 is of a run that is not in this file.").arg(number + 1));
}

void NoteActions::toggleBreakpoint() {
    const Point now = m_context.point->now();
    if (!m_context.source->isOpen() || now.entry == noPosition)
        return emit said(tr("Select a token first: click it in the document or in the memory."));
    const Breakpoint here{now.entry, now.entry, now.layer, now.head, {}, true};
    std::vector<Breakpoint> all = m_context.notebook->breakpoints();
    const auto found = std::find_if(all.begin(), all.end(), [&](Breakpoint one) {
        one.enabled = true;
        return one == here;
    });
    const QString words = breakpointWords(here, {});
    if (found != all.end()) {
        all.erase(found);
        m_context.notebook->setBreakpoints(all, tr("delete a breakpoint"));
        emit said(tr("No longer a breakpoint: %1.").arg(words));
    } else {
        all.push_back(here);
        m_context.notebook->setBreakpoints(all, tr("add a breakpoint"));
        emit said(tr("Breakpoint: %1.").arg(words));
    }
}

// Among what is recorded; behind that the engine goes on, and stops by itself.
void NoteActions::toBreakpoint(int direction) {
    const auto& all = m_context.notebook->breakpoints();
    if (std::none_of(all.begin(), all.end(), [](const Breakpoint& one) { return one.enabled; }))
        return emit said(tr("No breakpoint is set: F9 sets one on the selected token."));
    const Point now = m_context.point->now();
    const auto hit = m_context.breakpoints->next(now, direction);
    if (hit) {
        arrive(*hit);
    } else if (m_context.breakpoints->searching()) {
        m_seeking = now;
        emit said(tr("Searching the recorded steps …"));
    } else if (direction > 0 && m_session->live(now.run)) {
        m_playback->last();
        m_session->runOn();
    } else {
        emit said(direction > 0 ? tr("No breakpoint is met behind this point.")
                                : tr("No breakpoint is met before this point."));
    }
}

void NoteActions::arrive(const BreakpointHit& hit) {
    const Point now = m_context.point->newest();
    m_context.point->move(pointOf(hit, now));
    const auto& all = m_context.notebook->breakpoints();
    const Breakpoint* met =
        std::size_t(hit.breakpoint) < all.size() ? &all[std::size_t(hit.breakpoint)] : nullptr;
    emit said(tr("Breakpoint met at %1.").arg(hitWords(hit, met, {})));
}

} // namespace attendre
