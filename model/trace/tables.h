#pragma once

#include "model/trace/result.h"

#include <QStringList>

#include <memory>
#include <vector>

struct sqlite3;

namespace attendre {

class Store;

// Where tables read that stand on another connection than the trace's: the store is held for one
// decoding at a time, so that nothing is locked between two of them.
class HeldStore {
  public:
    virtual ~HeldStore() = default;
    // Errors: the trace cannot be read, or the work is to stop.
    virtual Result<Store*> hold() = 0;
    virtual void letGo() = 0;
};

// Adds CLI.md's tables (runs, steps, layer_steps, tokens, evictions, entries, residents, queries,
// attention) to a connection whose main database is a trace: virtual tables over the compressed
// arrays. Constraints on run, step, layer, head and position decide what is decoded at all.
Result<void> registerTables(sqlite3* connection);
// The same on any connection, reading what is held. The store is to be frozen: what was decoded of
// it is kept.
Result<void> registerTables(sqlite3* connection, std::shared_ptr<HeldStore> held);

QStringList tableNames();

struct PublicColumn {
    QString name, type; // type: INTEGER, REAL or TEXT
};
// In their order; none of a table that is not public.
std::vector<PublicColumn> tableColumns(const QString& table);

// How many compressed blocks the tables have decoded on this thread so far.
qint64 decodedBlocks();

} // namespace attendre
