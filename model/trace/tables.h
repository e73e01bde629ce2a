#pragma once

#include "model/trace/result.h"

#include <QStringList>

struct sqlite3;

namespace attendre {

// Adds CLI.md's tables (runs, steps, layer_steps, tokens, evictions, entries, residents, queries,
// attention) to a connection whose main database is a trace: virtual tables over the compressed
// arrays. Constraints on run, step, layer, head and position decide what is decoded at all.
Result<void> registerTables(sqlite3* connection);

QStringList tableNames();

// How many compressed blocks the tables have decoded on this thread so far.
qint64 decodedBlocks();

} // namespace attendre
