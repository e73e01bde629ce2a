#pragma once

#include "widgets/point.h"
#include "widgets/trace_source.h"

#include <QWidget>

#include <functional>
#include <vector>

namespace attendre {

class BreakpointSource;
class ComparedRun;
class ConsoleLog;
class LossesSource;
class Notebook;
class QueryTracks;
class Questions;
class Replays;
class RunWishes;
class Theme;

// What every view is given: where to read, what to show, how it looks. All outlive the view.
struct ViewContext {
    TraceSource* source = nullptr;
    CurrentPoint* point = nullptr;
    const Theme* theme = nullptr;
    ConsoleLog* log = nullptr;               // what was said; nullptr where nobody keeps it
    Questions* questions = nullptr;          // nullptr: nothing can be asked
    LossesSource* losses = nullptr;          // nullptr: nobody reckons them
    Replays* replays = nullptr;              // nullptr: nobody records them
    Notebook* notebook = nullptr;            // nullptr: what a person adds is not kept
    BreakpointSource* breakpoints = nullptr; // nullptr: nobody searches for them
    RunWishes* wishes = nullptr;             // nullptr: nobody begins runs
    QueryTracks* tracks = nullptr;           // nullptr: results do not go to the Timeline
    ComparedRun* compared = nullptr;         // nullptr: the view Compare has one of its own
};

// A panel of the workbench. A subclass draws the current point from the trace; it says in its
// header what it shows and what it colours by, and never blocks: everything is read through
// TraceSource::read().
class View : public QWidget {
    Q_OBJECT
  public:
    View(const ViewContext& context, QWidget* parent = nullptr);

    // What stands right of the title in the panel's header: "colour: hits (log)".
    QString subtitle() const { return m_subtitle; }
    // The same in fewer words, longest first, for headers that have no room for the whole.
    QStringList shorterSubtitles() const { return m_shorterSubtitles; }
    // What follows the panel's title: "K/V memory" and "256 slots, full".
    QString detail() const { return m_detail; }
    // A widget for the panel's header (a combo box of colourings, say), or nullptr.
    virtual QWidget* headerWidget() { return nullptr; }
    // True while nothing of the current point is drawn, for the test that no view is blank.
    virtual bool isBlank() const = 0;
    // F: scrolls or zooms to the selected entry and the current step.
    virtual void bringIntoView() {}
    // Ctrl+F in this view, where it has a search.
    virtual void find() {}
    // The whole view on a picture, an SVG or a PDF; false: the device takes no painter.
    virtual bool paintOn(QPaintDevice* device);

  signals:
    void subtitleChanged(const QString& subtitle);
    void detailChanged(const QString& detail);
    // A sentence for the status bar: what is under the mouse.
    void hovered(const QString& sentence);

  protected:
    // The current point moved, the trace grew, or the theme changed: read anew what is needed.
    // before is what was shown until now. Called once when a trace is opened with before ==
    // Point().
    virtual void pointMoved(const Point& now, const Point& before) = 0;
    virtual void traceOpened() {}
    virtual void traceClosed() {}
    virtual void traceGrown(int run, int steps);
    virtual void themeChanged() { update(); }

    void setSubtitle(const QString& subtitle, const QStringList& shorter = {});
    void setDetail(const QString& detail);
    const ViewContext& context() const { return m_context; }
    const Point& now() const { return m_context.point->now(); }
    TraceSource& source() const { return *m_context.source; }
    const Theme& theme() const { return *m_context.theme; }

  private:
    ViewContext m_context;
    QString m_subtitle, m_detail;
    QStringList m_shorterSubtitles;
};

// How a view is found: one line in views.cpp registers it.
struct ViewDefinition {
    QString id;      // "kv-memory": names its dock in saved layouts
    QString title;   // "K/V memory"
    QString purpose; // one sentence for the menu's tool tip
    QString place; // where it stands at first: "left", "centre", "right", "row", "below", "bottom"
    std::function<View*(const ViewContext&, QWidget* parent)> make;
    // Where it is set: the view stands in the window by itself only for runs that it says yes to.
    std::function<bool(const RunInfo&)> wanted = {};
};
const std::vector<ViewDefinition>& viewDefinitions();

} // namespace attendre
