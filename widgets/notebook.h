#pragma once

#include "model/analysis/sidecar.h"
#include "widgets/point.h"

#include <QObject>
#include <QUndoStack>

namespace attendre {

class TraceSource;

// What a person adds to the open trace: bookmarks with notes, queries, breakpoints. Every change is
// written to the trace's sidecar at once and can be undone.
class Notebook : public QObject {
    Q_OBJECT
  public:
    // source outlives it; its trace's notes are read as it is opened.
    explicit Notebook(TraceSource* source, QObject* parent = nullptr);

    const Sidecar& content() const { return m_content; }
    const std::vector<Bookmark>& bookmarks() const { return m_content.bookmarks; }
    const std::vector<SavedQuery>& queries() const { return m_content.queries; }
    const std::vector<Breakpoint>& breakpoints() const { return m_content.breakpoints; }

    // what: for the undo menu, "delete a bookmark".
    void setBookmarks(std::vector<Bookmark> bookmarks, const QString& what);
    void setQueries(std::vector<SavedQuery> queries, const QString& what = {});
    void setBreakpoints(std::vector<Breakpoint> breakpoints, const QString& what);
    // All of it at once, as a session brings it; what the trace has already stays.
    void add(const Sidecar& more);

    // A point as a place of its run, and back; nothing where the run is not in the open trace.
    Place placeOf(const Point& point) const;
    std::optional<Point> pointOf(const Place& place) const;

    QUndoStack* undoStack() { return &m_undo; }

  signals:
    void changed();
    // They could not be read or written; nothing is lost but what the sentence says.
    void failed(const QString& sentence);

  private:
    class Change;
    void open();
    void edit(Sidecar content, const QString& what);
    void show(const Sidecar& content);

    TraceSource* m_source;
    QUndoStack m_undo;
    QString m_path;      // of the sidecar; empty: no trace, or one whose notes cannot be read
    QString m_tracePath; // whose notes they are
    Sidecar m_content;
    Sidecar m_theirs;  // what another window added meanwhile: undoing here leaves it
    Sidecar m_written; // as the file had it when it was read or written here last
};

} // namespace attendre
