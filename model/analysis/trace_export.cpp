#include "model/analysis/trace_export.h"

#include "model/analysis/trace_sql.h"
#include "model/trace/tables.h"

#include <sqlite3.h>

namespace attendre {

namespace {

constexpr qint64 rowsPerNotice = 1024;

QString columnNames(const QString& table) {
    QStringList names;
    for (const PublicColumn& column : tableColumns(table))
        names << column.name;
    return names.join(", ");
}

Result<TraceSql::Prepared> prepare(TraceSql& sql, const ExportRequest& request) {
    QString text = "SELECT * FROM " + request.table;
    if (!request.where.trimmed().isEmpty())
        text += " WHERE (" + request.where + "\n)"; // a comment ends with its line
    SqlRefusal refusal;
    auto statement = sql.prepare(text, refusal);
    if (!statement)
        return Error{
            QString("The condition \"%1\" cannot be used: %2; the columns of %3 are %4.")
                .arg(request.where, refusal.reason, request.table, columnNames(request.table)),
            2};
    return statement;
}

Result<qint64> writeRows(TraceSql& sql, sqlite3_stmt* statement, RowFormat& format,
                         const QString& trace, const Progress& progress, const Cancel& cancel) {
    const std::vector<OutputColumn> columns = columnsOf(statement);
    if (auto begun = format.begin(columns); !begun)
        return begun.error();
    std::vector<OutputValue> row(columns.size());
    qint64 count = 0;
    int code = SQLITE_DONE;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        for (size_t i = 0; i < row.size(); ++i)
            row[i] = valueOf(statement, int(i));
        sql.trace().restWhereDue();
        if (auto added = format.add(row); !added)
            return added.error();
        if (++count % rowsPerNotice != 0)
            continue;
        if (cancel.requested())
            break;
        if (progress)
            progress(count, 0);
    }
    if (cancel.requested())
        return Error{QString("The export of %1 was interrupted after %2 rows: start it again.")
                         .arg(trace)
                         .arg(count)};
    if (code != SQLITE_DONE)
        return sql.failure(code);
    if (auto ended = format.end(); !ended)
        return ended.error();
    return count;
}

} // namespace

QStringList exportFormats() {
    return {"csv", "jsonl", "npz"};
}

Result<qint64> exportTable(const QString& trace, const ExportRequest& request, QIODevice& out,
                           const Progress& progress, const Cancel& cancel) {
    if (!tableNames().contains(request.table))
        return Error{QString("There is no table %1; there are %2.")
                         .arg(request.table, tableNames().join(", ")),
                     2};
    if (!exportFormats().contains(request.format))
        return Error{QString("There is no format %1; choose %2.")
                         .arg(request.format, exportFormats().join(", ")),
                     2};
    auto sql = TraceSql::open(trace, cancel, 0);
    if (!sql)
        return sql.error();
    auto statement = prepare(**sql, request);
    if (!statement)
        return statement.error();
    auto format = request.format == "csv"     ? csvFormat(out)
                  : request.format == "jsonl" ? jsonLinesFormat(out)
                                              : npzFormat(out);
    return writeRows(**sql, statement->get(), *format, trace, progress, cancel);
}

} // namespace attendre
