#pragma once

#include "model/analysis/held_trace.h"
#include "model/analysis/row_formats.h"

#include <QString>
#include <QStringList>

#include <memory>

struct sqlite3;
struct sqlite3_stmt;

namespace attendre {

// What SQL over a trace may call: SQLite's own functions that read nothing but their arguments.
QStringList sqlFunctions();

// Why a statement is not run: "no such column: laver", and which character of the text it is about,
// -1 where that is not known.
struct SqlRefusal {
    QString reason;
    int at = -1;
};

// An SQL connection on which the public tables of a trace can be read, and nothing else: it stands
// on an empty database in memory, and the trace is read over another connection. A statement sees
// the trace as it was when this was opened. Neither the SQL nor the file need to be trusted: no
// statement writes, reads another file or runs on without being asked whether it is to stop. Used
// by one thread.
class TraceSql {
  public:
    // As HeldTrace::open().
    static Result<std::unique_ptr<TraceSql>> open(const QString& trace, const Cancel& cancel,
                                                  int milliseconds);
    ~TraceSql();
    TraceSql(const TraceSql&) = delete;
    TraceSql& operator=(const TraceSql&) = delete;

    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;
    // One statement that gives rows; null with refusal filled in.
    Prepared prepare(const QString& sql, SqlRefusal& refusal);

    HeldTrace& trace() { return *m_trace; }
    // Why sqlite3_step() gave neither a row nor the end, in a sentence.
    Error failure(int code) const;

  private:
    TraceSql() = default;
    Result<void> openMemory();
    static int permit(void* self, int action, const char* first, const char* second, const char*,
                      const char*);

    std::shared_ptr<HeldTrace> m_trace;
    sqlite3* m_sql = nullptr;
    QString m_denied; // what the statement that is being prepared may not do
};

// A statement's columns, and a value of its current row.
std::vector<OutputColumn> columnsOf(sqlite3_stmt* statement);
OutputValue valueOf(sqlite3_stmt* statement, int column);

} // namespace attendre
