#include "widgets/notebook.h"

#include "widgets/trace_source.h"

#include <QUndoCommand>

#include <utility>

namespace attendre {

class Notebook::Change : public QUndoCommand {
  public:
    Change(Notebook* notebook, Sidecar before, Sidecar after, const QString& what)
        : QUndoCommand(what), m_notebook(notebook), m_before(std::move(before)),
          m_after(std::move(after)) {}

    void undo() override { m_notebook->show(m_before); }
    void redo() override { m_notebook->show(m_after); }

  private:
    Notebook* m_notebook;
    Sidecar m_before, m_after;
};

Notebook::Notebook(TraceSource* source, QObject* parent) : QObject(parent), m_source(source) {
    connect(source, &TraceSource::opened, this, &Notebook::open);
    connect(source, &TraceSource::closed, this, &Notebook::open);
}

// Also when the same trace is opened again: the way back in the changes is kept then.
void Notebook::open() {
    const QString trace = m_source->isOpen() ? m_source->path() : QString();
    if (trace == m_tracePath)
        return;
    m_tracePath = trace;
    m_undo.clear();
    m_theirs = {};
    m_path = trace.isEmpty() ? QString() : sidecarPath(trace);
    m_content = {};
    if (!trace.isEmpty()) {
        auto read = readSidecar(m_path);
        if (read) {
            m_content = read.take();
        } else {
            m_path.clear(); // a file that was not understood is not overwritten
            emit failed(read.error().sentence);
        }
    }
    m_written = m_content;
    emit changed();
}

void Notebook::setBookmarks(std::vector<Bookmark> bookmarks, const QString& what) {
    Sidecar content = m_content;
    content.bookmarks = std::move(bookmarks);
    edit(std::move(content), what);
}

void Notebook::setQueries(std::vector<SavedQuery> queries, const QString& what) {
    Sidecar content = m_content;
    content.queries = std::move(queries);
    edit(std::move(content), what.isEmpty() ? tr("change the saved queries") : what);
}

void Notebook::setBreakpoints(std::vector<Breakpoint> breakpoints, const QString& what) {
    Sidecar content = m_content;
    content.breakpoints = std::move(breakpoints);
    edit(std::move(content), what);
}

void Notebook::add(const Sidecar& more) {
    edit(merged(m_content, more), tr("add a session's notes"));
}

void Notebook::edit(Sidecar content, const QString& what) {
    if (content == m_content)
        return;
    m_theirs = common(m_theirs, content); // what is deleted here is not brought back
    m_undo.push(new Change(this, m_content, std::move(content), what));
}

// Another window may have written meanwhile: what it added is kept, in this window too.
void Notebook::show(const Sidecar& content) {
    m_content = merged(content, m_theirs);
    if (!m_path.isEmpty()) {
        const auto there = readSidecar(m_path);
        if (there && !(*there == m_written)) {
            m_theirs = merged(m_theirs, without(*there, m_written));
            m_content = merged(m_content, m_theirs);
        }
        if (auto written = writeSidecar(m_path, m_content); !written)
            emit failed(written.error().sentence);
        else
            m_written = m_content;
    }
    emit changed();
}

Place Notebook::placeOf(const Point& point) const {
    const RunInfo* run = m_source->run(point.run);
    return {run ? run->uuid : QString(),
            point.step,
            int(point.phase),
            point.layer,
            point.head,
            point.entry,
            point.query};
}

std::optional<Point> Notebook::pointOf(const Place& place) const {
    for (const RunInfo& run : m_source->runs())
        if (run.uuid == place.run)
            return Point{run.run,    place.step,  Phase(place.phase), place.layer,
                         place.head, place.entry, place.query};
    return std::nullopt;
}

} // namespace attendre
