#pragma once

#include "model/trace/result.h"
#include "model/trace/sqlite.h"

#include <QByteArray>
#include <QString>

#include <map>
#include <memory>
#include <string>

namespace attendre {

// A prepared statement in use; reset when it goes out of scope. Values are bound from 1, columns
// read from 0.
class Statement {
  public:
    explicit Statement(sqlite3_stmt* statement) : m_statement(statement) {}
    ~Statement();
    Statement(Statement&& other) noexcept : m_statement(other.m_statement) {
        other.m_statement = nullptr;
    }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(int index, qint64 value);
    Statement& bind(int index, double value); // NaN becomes null
    Statement& bind(int index, const QString& value);
    Statement& bind(int index, const QByteArray& value); // the bytes must outlive the step
    Statement& bindNull(int index);

    // SQLITE_ROW, SQLITE_DONE or an error's code.
    int step();
    qint64 integer(int column) const;
    double real(int column) const; // NaN for null
    QString text(int column) const;
    QByteArray blob(int column) const;
    bool isNull(int column) const;

  private:
    sqlite3_stmt* m_statement = nullptr;
};

// One connection with its prepared statements. Not thread-safe.
class Database {
  public:
    // Borrows a connection that someone else closes.
    Database(sqlite3* handle, QString path) : m_handle(handle), m_path(std::move(path)) {}
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // Opens a connection of its own; flags as of sqlite3_open_v2.
    static Result<std::unique_ptr<Database>> open(const QString& path, int flags);

    sqlite3* handle() const { return m_handle; }
    const QString& path() const { return m_path; }
    // The name under which people know the file, for sentences.
    void rename(const QString& path) { m_path = path; }

    // Runs statements without results.
    Result<void> execute(const char* sql);
    // Prepares once and keeps the statement; sql must be a literal.
    Result<Statement> prepare(const char* sql);
    // The first column of the first row, 0 where there is none.
    Result<qint64> integer(const char* sql);

    // The last failure as one sentence: what was being done, the file, the cause, the remedy.
    Error error(int code) const;

  private:
    sqlite3* m_handle = nullptr;
    QString m_path;
    bool m_owned = false;
    std::map<const char*, sqlite3_stmt*> m_statements;
};

} // namespace attendre
