#include "model/analysis/trace_export.h"

#include "model/analysis/row_formats.h"
#include "model/trace/tables.h"
#include "model/trace/trace_connection.h"

#include <sqlite3.h>

namespace attendre {

namespace {

constexpr qint64 rowsPerNotice = 1024;

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;

// Lets a statement read the public tables and call functions, nothing else.
int readOnlyTables(void*, int action, const char* first, const char* second, const char*,
                   const char*) {
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        return tableNames().contains(QString::fromUtf8(first)) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
        return QByteArray(second) == "load_extension" ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

// Makes the tables known to the connection: that itself runs statements which are not allowed
// later.
void touchTables(sqlite3* connection) {
    for (const QString& name : tableNames()) {
        sqlite3_stmt* statement = nullptr;
        const QByteArray sql = "SELECT * FROM " + name.toUtf8();
        sqlite3_prepare_v2(connection, sql.constData(), -1, &statement, nullptr);
        sqlite3_finalize(statement);
    }
}

QString columnNames(sqlite3* connection, const QString& table) {
    sqlite3_stmt* statement = nullptr;
    const QByteArray sql = "SELECT * FROM " + table.toUtf8();
    sqlite3_prepare_v2(connection, sql.constData(), -1, &statement, nullptr);
    const Prepared prepared(statement);
    QStringList names;
    for (int i = 0; i < sqlite3_column_count(statement); ++i)
        names << QString::fromUtf8(sqlite3_column_name(statement, i));
    return names.join(", ");
}

Result<Prepared> prepare(sqlite3* connection, const ExportRequest& request) {
    QString sql = "SELECT * FROM " + request.table;
    if (!request.where.trimmed().isEmpty())
        sql += " WHERE (" + request.where + "\n)"; // a comment ends with its line
    const QByteArray utf8 = sql.toUtf8();
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    sqlite3_set_authorizer(connection, readOnlyTables, nullptr);
    const int code = sqlite3_prepare_v2(connection, utf8.constData(), -1, &statement, &rest);
    sqlite3_set_authorizer(connection, nullptr, nullptr);
    Prepared prepared(statement);
    if (code != SQLITE_OK) {
        const QString reason = QString::fromUtf8(sqlite3_errmsg(connection));
        return Error{
            QString("The condition \"%1\" cannot be used: %2; the columns of %3 are %4.")
                .arg(request.where, reason, request.table, columnNames(connection, request.table)),
            2};
    }
    if (rest && !QByteArray(rest).trimmed().isEmpty())
        return Error{QString("The condition \"%1\" is more than one statement: give one.")
                         .arg(request.where),
                     2};
    return prepared;
}

std::vector<OutputColumn> columnsOf(sqlite3_stmt* statement) {
    std::vector<OutputColumn> columns;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const QByteArray type = sqlite3_column_decltype(statement, i);
        columns.push_back({QString::fromUtf8(sqlite3_column_name(statement, i)),
                           type == "REAL"   ? ColumnType::Real
                           : type == "TEXT" ? ColumnType::Text
                                            : ColumnType::Integer});
    }
    return columns;
}

OutputValue valueOf(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
        return {};
    case SQLITE_INTEGER:
        return qint64(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
        return sqlite3_column_double(statement, column);
    default:
        return QByteArray(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)),
                          sqlite3_column_bytes(statement, column));
    }
}

// The tables' own errors are sentences that name the file.
Error failure(sqlite3* connection, int code, const QString& trace) {
    const QString message = QString::fromUtf8(sqlite3_errmsg(connection));
    if (message.endsWith('.'))
        return {message};
    if ((code & 0xff) != SQLITE_ERROR)
        return Database(connection, trace).error(code);
    return {QString("The trace %1 cannot be exported: %2; look at the condition of --where.")
                .arg(trace, message)};
}

Result<qint64> writeRows(sqlite3* connection, sqlite3_stmt* statement, RowFormat& format,
                         const QString& trace, const Progress& progress, const Cancel& cancel) {
    if (auto begun = format.begin(columnsOf(statement)); !begun)
        return begun.error();
    std::vector<OutputValue> row(size_t(sqlite3_column_count(statement)));
    qint64 count = 0;
    int code = SQLITE_DONE;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        for (size_t i = 0; i < row.size(); ++i)
            row[i] = valueOf(statement, int(i));
        if (auto added = format.add(row); !added)
            return added.error();
        if (++count % rowsPerNotice != 0)
            continue;
        if (cancel.requested())
            return Error{QString("The export of %1 was interrupted after %2 rows: start it again.")
                             .arg(trace)
                             .arg(count)};
        if (progress)
            progress(count, 0);
    }
    if (code != SQLITE_DONE)
        return failure(connection, code, trace);
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
    TraceConnection connection(trace);
    if (auto connected = connection.connect(); !connected)
        return connected.error();
    sqlite3* handle = connection.database()->handle();
    if (auto registered = registerTables(handle); !registered)
        return registered.error();
    touchTables(handle);
    auto statement = prepare(handle, request);
    if (!statement)
        return statement.error();
    auto format = request.format == "csv"     ? csvFormat(out)
                  : request.format == "jsonl" ? jsonLinesFormat(out)
                                              : npzFormat(out);
    return writeRows(handle, statement->get(), *format, trace, progress, cancel);
}

} // namespace attendre
