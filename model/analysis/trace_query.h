#pragma once

#include "model/analysis/row_formats.h"
#include "model/trace/cancel.h"

#include <QMap>
#include <QString>

#include <optional>

namespace attendre {

struct QueryRequest {
    QString sql; // one SELECT over the public tables
    // What stands for :run, :step and so on, by the name without its colon; nothing: null.
    QMap<QString, std::optional<qint64>> parameters;
};

// 0: none.
struct QueryLimits {
    int milliseconds = 10'000;
    qint64 rows = 100'000;
    qint64 bytes = 256 << 20; // of all values together
};

struct QueryOutcome {
    enum class Cut { None, Rows, Bytes };
    qint64 rows = 0; // that were given
    Cut cut = Cut::None;
    double seconds = 0;
    // What went wrong, in a sentence; rows were given until then. errorAt: the character of the
    // text that it is about, or -1. stopped: cancelled, or one of the bounds of time and memory.
    std::optional<Error> error;
    int errorAt = -1;
    bool stopped = false;
};

// Runs a SELECT over a trace as it is now and gives its rows to out; safe with a trace and with SQL
// that come from a stranger (TraceSql). Progress counts rows; their total is given as 0. Errors:
// SQL that SQLite refuses or that does more than read, parameters that nothing is bound to, a trace
// that cannot be read, out that cannot be written, a limit of time or memory, a cancel.
QueryOutcome runQuery(const QString& trace, const QueryRequest& request, const QueryLimits& limits,
                      RowFormat& out, const Progress& progress, const Cancel& cancel);

// "line 2, column 5" of a character of a text.
QString placeInText(const QString& text, int at);

} // namespace attendre
