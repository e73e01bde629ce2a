#pragma once

#include "model/trace/database.h"

#include <QTemporaryDir>

#include <memory>

namespace attendre {

// A connection for reading a trace, finished, growing or orphaned, from a folder that may not be
// writable: a WAL that cannot be recovered in place is recovered in a private copy.
class TraceConnection {
  public:
    explicit TraceConnection(QString path) : m_path(std::move(path)) {}

    // Opens where no connection is open. Errors: no such file, no trace, a newer version, a file
    // shorter than its header says.
    Result<void> connect();
    // To be called when a question is answered: while a trace is being recorded an open connection
    // would keep the recorder from leaving WAL mode.
    void release();

    Database* database() const { return m_database.get(); }
    const QString& path() const { return m_path; }
    Error shortCopy(const QString& what) const;

  private:
    Result<void> openAs(const QString& name);
    Result<void> openCopy();

    QString m_path;
    std::unique_ptr<QTemporaryDir> m_copy;
    std::unique_ptr<Database> m_database;
};

} // namespace attendre
