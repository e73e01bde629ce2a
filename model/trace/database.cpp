#include "model/trace/database.h"

#include <QFileInfo>

#include <cmath>

namespace attendre {

Statement::~Statement() {
    if (!m_statement)
        return;
    sqlite3_reset(m_statement);
    sqlite3_clear_bindings(m_statement);
}

Statement& Statement::bind(int index, qint64 value) {
    sqlite3_bind_int64(m_statement, index, value);
    return *this;
}

Statement& Statement::bind(int index, double value) {
    if (std::isnan(value))
        sqlite3_bind_null(m_statement, index);
    else
        sqlite3_bind_double(m_statement, index, value);
    return *this;
}

Statement& Statement::bind(int index, const QString& value) {
    const QByteArray utf8 = value.toUtf8();
    sqlite3_bind_text(m_statement, index, utf8.constData(), int(utf8.size()), SQLITE_TRANSIENT);
    return *this;
}

Statement& Statement::bind(int index, const QByteArray& value) {
    sqlite3_bind_blob64(m_statement, index, value.constData(), sqlite3_uint64(value.size()),
                        SQLITE_STATIC);
    return *this;
}

Statement& Statement::bindNull(int index) {
    sqlite3_bind_null(m_statement, index);
    return *this;
}

int Statement::step() {
    return sqlite3_step(m_statement);
}

qint64 Statement::integer(int column) const {
    return sqlite3_column_int64(m_statement, column);
}

double Statement::real(int column) const {
    return isNull(column) ? std::nan("") : sqlite3_column_double(m_statement, column);
}

QString Statement::text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(m_statement, column));
    return QString::fromUtf8(bytes, sqlite3_column_bytes(m_statement, column));
}

QByteArray Statement::blob(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(m_statement, column));
    return QByteArray(bytes, sqlite3_column_bytes(m_statement, column));
}

bool Statement::isNull(int column) const {
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
}

namespace {

// A trace may come from a stranger: nothing that its schema says is carried out. A view or a
// trigger in the place of a table is an error then.
void beCareful(sqlite3* handle) {
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
}

} // namespace

Database::~Database() {
    for (auto& [sql, statement] : m_statements)
        sqlite3_finalize(statement);
    if (m_owned)
        sqlite3_close(m_handle);
}

Result<std::unique_ptr<Database>> Database::open(const QString& path, int flags) {
    sqlite3* handle = nullptr;
    const QByteArray name = path.toUtf8();
    const int code =
        sqlite3_open_v2(name.constData(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    auto database = std::make_unique<Database>(handle, path);
    database->m_owned = true;
    if (!handle)
        return Error{QString("The trace %1 cannot be opened: there is no memory left.").arg(path)};
    if (code != SQLITE_OK)
        return database->error(code);
    sqlite3_extended_result_codes(handle, 1);
    beCareful(handle);
    sqlite3_busy_timeout(handle, 5000);
    return database;
}

Result<void> Database::execute(const char* sql) {
    const int code = sqlite3_exec(m_handle, sql, nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? Result<void>() : Result<void>(error(code));
}

Result<Statement> Database::prepare(const char* sql) {
    sqlite3_stmt*& statement = m_statements[sql];
    if (!statement) {
        const int code =
            sqlite3_prepare_v3(m_handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK)
            return error(code);
    }
    return Statement(statement);
}

Result<qint64> Database::integer(const char* sql) {
    auto statement = prepare(sql);
    if (!statement)
        return statement.error();
    const int code = statement->step();
    if (code == SQLITE_ROW)
        return statement->integer(0);
    return code == SQLITE_DONE ? Result<qint64>(qint64(0)) : Result<qint64>(error(code));
}

Error Database::error(int code) const {
    const QString folder = QFileInfo(m_path).absolutePath();
    switch (code & 0xff) {
    case SQLITE_FULL:
        return {QString("The disk that holds %1 is full; make room there or choose another folder.")
                    .arg(m_path)};
    case SQLITE_IOERR:
        return {QString("The trace %1 cannot be read or written (%2); look at the disk and the "
                        "space left in %3.")
                    .arg(m_path, sqlite3_errmsg(m_handle), folder)};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return {QString("The trace %1 cannot be opened or written; look at the permissions of the "
                        "file and of the folder %2.")
                    .arg(m_path, folder)};
    case SQLITE_NOTADB:
        return {QString("%1 is not a trace; choose a file that attendre recorded.").arg(m_path)};
    case SQLITE_CORRUPT:
        return {QString("The trace %1 is damaged or a short copy; copy it again or record anew.")
                    .arg(m_path)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {QString("The trace %1 is locked by another program; close that and try again.")
                    .arg(m_path)};
    default:
        return {QString("The trace %1 cannot be used: %2.")
                    .arg(m_path, QString::fromUtf8(sqlite3_errmsg(m_handle)))};
    }
}

} // namespace attendre
