#include "model/analysis/trace_sql.h"

#include "model/trace/tables.h"

#include <QSet>

#include <sqlite3.h>

#include <utility>

namespace attendre {

namespace {

constexpr int operationsBetweenLooks = 500; // of SQLite's machine

// Limits below SQLite's own. One call of a function is not interrupted, so what it works on is kept
// small; the others bound what preparing a statement takes.
constexpr std::pair<int, int> limits[] = {{SQLITE_LIMIT_LENGTH, 1'000'000},
                                          {SQLITE_LIMIT_SQL_LENGTH, 100'000},
                                          {SQLITE_LIMIT_COLUMN, 500},
                                          {SQLITE_LIMIT_EXPR_DEPTH, 500},
                                          {SQLITE_LIMIT_COMPOUND_SELECT, 50},
                                          {SQLITE_LIMIT_VDBE_OP, 250'000},
                                          {SQLITE_LIMIT_FUNCTION_ARG, 100},
                                          {SQLITE_LIMIT_ATTACHED, 0},
                                          {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 500},
                                          {SQLITE_LIMIT_VARIABLE_NUMBER, 100},
                                          {SQLITE_LIMIT_TRIGGER_DEPTH, 0},
                                          {SQLITE_LIMIT_WORKER_THREADS, 0}};

// Beside the public tables: what SQLite makes of a JSON text, and the columns of a table.
QStringList otherTables() {
    return {"json_each", "json_tree", "pragma_table_info"};
}

bool mayBeRead(const QString& table) {
    static const QStringList names = tableNames() + otherTables();
    return names.contains(table);
}

bool mayBeCalled(const QString& function) {
    static const QStringList names = sqlFunctions();
    // What operators and words of the language call.
    static const QStringList own = {"->", "->>", "current_date", "current_time",
                                    "current_timestamp"};
    return names.contains(function) || own.contains(function);
}

// The character that a byte of the text's UTF-8 begins.
int characterAt(const QByteArray& utf8, qsizetype byte) {
    return byte < 0 ? -1 : int(QString::fromUtf8(utf8.left(byte)).size());
}

qsizetype firstByte(const QByteArray& text, qsizetype from = 0) {
    while (from < text.size() && QByteArrayView(" \t\r\n\f;").contains(text[from]))
        ++from;
    return from;
}

int askedToStop(void* trace) {
    auto* held = static_cast<HeldTrace*>(trace);
    held->restWhereDue();
    return held->mustStop() ? 1 : 0;
}

// Makes the tables known to the connection: that itself runs statements which are not allowed
// later.
void touchTables(sqlite3* connection) {
    for (const QString& name : tableNames() + otherTables()) {
        sqlite3_stmt* statement = nullptr;
        const QByteArray sql = "SELECT * FROM " + name.toUtf8();
        sqlite3_prepare_v2(connection, sql.constData(), -1, &statement, nullptr);
        sqlite3_finalize(statement);
    }
}

} // namespace

QStringList sqlFunctions() {
    static const QStringList names =
        QString("abs acos asin atan atan2 avg ceil char coalesce concat concat_ws cos count "
                "cume_dist date datetime degrees dense_rank exp first_value floor format glob "
                "group_concat hex ifnull iif instr json json_array json_array_length json_extract "
                "json_group_array json_group_object json_object json_quote json_type json_valid "
                "julianday lag last_value lead length like likelihood likely ln log log10 log2 "
                "lower ltrim max min mod nth_value ntile nullif percent_rank pi pow power printf "
                "quote radians random rank replace round row_number rtrim sign sin sqrt "
                "sqlite_version strftime string_agg substr substring sum tan time total trim trunc "
                "typeof unicode unixepoch unlikely upper")
            .split(' ');
    return names;
}

void TraceSql::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Result<std::unique_ptr<TraceSql>> TraceSql::open(const QString& trace, const Cancel& cancel,
                                                 int milliseconds) {
    auto held = HeldTrace::open(trace, cancel, milliseconds);
    if (!held)
        return held.error();
    std::unique_ptr<TraceSql> sql(new TraceSql);
    sql->m_trace = held.take();
    if (auto opened = sql->openMemory(); !opened)
        return opened.error();
    return sql;
}

TraceSql::~TraceSql() {
    sqlite3_close(m_sql);
}

Result<void> TraceSql::openMemory() {
    constexpr int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(":memory:", &m_sql, flags, nullptr) != SQLITE_OK)
        return Error{
            QString("SQL over %1 cannot be run: there is no memory left.").arg(m_trace->path())};
    sqlite3_extended_result_codes(m_sql, 1);
    for (const int off :
         {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
          SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL})
        sqlite3_db_config(m_sql, off, 0, nullptr);
    sqlite3_db_config(m_sql, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    // Sorting and grouping stay in memory, whose bound HeldTrace knows: no file is ever written.
    sqlite3_exec(m_sql, "PRAGMA temp_store = MEMORY; PRAGMA query_only = ON", nullptr, nullptr,
                 nullptr);
    if (auto registered = registerTables(m_sql, m_trace); !registered)
        return registered;
    touchTables(m_sql);
    for (const auto& [limit, value] : limits)
        sqlite3_limit(m_sql, limit, value);
    sqlite3_set_authorizer(m_sql, permit, this);
    sqlite3_progress_handler(m_sql, operationsBetweenLooks, askedToStop, m_trace.get());
    return {};
}

// Lets a statement read the public tables and call functions that read nothing else.
int TraceSql::permit(void* self, int action, const char* first, const char* second, const char*,
                     const char*) {
    const auto deny = [self](const QString& what) {
        auto* sql = static_cast<TraceSql*>(self);
        if (sql->m_denied.isEmpty())
            sql->m_denied = what;
        return SQLITE_DENY;
    };
    const QString name = QString::fromUtf8(first), inner = QString::fromUtf8(second);
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        // Without a column only rows are counted, also those of a WITH.
        return inner.isEmpty() || mayBeRead(name) ? SQLITE_OK
                                                  : deny(QString("the table %1").arg(name));
    case SQLITE_FUNCTION:
        return mayBeCalled(inner) ? SQLITE_OK : deny(QString("the function %1()").arg(inner));
    case SQLITE_PRAGMA:
        return name == "table_info" ? SQLITE_OK : deny(QString("the pragma %1").arg(name));
    default:
        return deny(QString("anything but a SELECT"));
    }
}

TraceSql::Prepared TraceSql::prepare(const QString& sql, SqlRefusal& refusal) {
    const QByteArray utf8 = sql.toUtf8();
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    m_denied.clear();
    const int code =
        sqlite3_prepare_v2(m_sql, utf8.constData(), int(utf8.size()), &statement, &rest);
    Prepared prepared(statement);
    if (code != SQLITE_OK) {
        refusal.at = characterAt(utf8, sqlite3_error_offset(m_sql));
        refusal.reason = QString::fromUtf8(sqlite3_errmsg(m_sql));
        if (!m_denied.isEmpty()) {
            refusal.reason = QString("%1 is not allowed here").arg(m_denied);
            if (refusal.at < 0)
                refusal.at = int(
                    sql.indexOf(m_denied.section(' ', -1).remove("()"), 0, Qt::CaseInsensitive));
            if (refusal.at < 0)
                refusal.at = characterAt(utf8, firstByte(utf8));
        }
        return nullptr;
    }
    if (!statement) {
        refusal = {"there is no statement", -1};
        return nullptr;
    }
    // Behind the statement only blanks and comments may stand.
    const qsizetype end = rest - utf8.constData();
    sqlite3_stmt* another = nullptr;
    const int after = sqlite3_prepare_v2(m_sql, rest, int(utf8.size() - end), &another, nullptr);
    const bool more = another != nullptr || after != SQLITE_OK || utf8.indexOf('\0') >= 0;
    sqlite3_finalize(another);
    if (more) {
        refusal = {"there is more than one statement", characterAt(utf8, firstByte(utf8, end))};
        return nullptr;
    }
    if (!sqlite3_stmt_readonly(statement) || sqlite3_column_count(statement) == 0) {
        refusal = {"anything but a SELECT is not allowed here", characterAt(utf8, firstByte(utf8))};
        return nullptr;
    }
    return prepared;
}

// The tables' own errors are sentences that name the file.
Error TraceSql::failure(int code) const {
    if (m_trace->stopped() != HeldTrace::Stop::None)
        return m_trace->stopError();
    const QString message = QString::fromUtf8(sqlite3_errmsg(m_sql));
    if (message.endsWith('.'))
        return {message};
    const QString what = (code & 0xff) == SQLITE_TOOBIG
                             ? QString("a value is longer than 1,000,000 bytes")
                         : (code & 0xff) == SQLITE_NOMEM ? QString("there is no memory left")
                                                         : message;
    return {QString("SQL over %1 cannot be run: %2; change it.").arg(m_trace->path(), what)};
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

} // namespace attendre
