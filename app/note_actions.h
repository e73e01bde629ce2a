#pragma once

#include "app/window_actions.h"
#include "model/analysis/breakpoint_scan.h"
#include "widgets/view.h"

#include <QObject>

#include <optional>

namespace attendre {

class Playback;
class RunSession;
class Workbench;

// What the window's actions do with bookmarks and breakpoints, and where a run that stops at one
// leads.
class NoteActions : public QObject {
    Q_OBJECT
  public:
    NoteActions(const ViewContext& context, WindowActions* actions, Playback* playback,
                RunSession* session, QObject* parent);
    // Where the panels are, once they are made.
    void setWorkbench(Workbench* workbench) { m_workbench = workbench; }

  signals:
    void said(const QString& sentence);

  private:
    void wireBookmarks(WindowActions* actions);
    void wireBreakpoints(WindowActions* actions, RunSession* session);
    void bookmark();
    void goToBookmark(int number);
    void toggleBreakpoint();
    void toBreakpoint(int direction);
    void arrive(const BreakpointHit& hit);

    ViewContext m_context;
    Playback* m_playback;
    RunSession* m_session;
    Workbench* m_workbench = nullptr;
    std::optional<Point> m_seeking; // from where the next hit is wanted, once it is found
};

} // namespace attendre
