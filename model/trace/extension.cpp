// The loadable extension: CLI.md's tables in any program that uses SQLite.
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

#include "model/trace/tables.h"

extern "C" Q_DECL_EXPORT int sqlite3_attendretrace_init(sqlite3* connection, char** message,
                                                        const sqlite3_api_routines* api) {
    SQLITE_EXTENSION_INIT2(api);
    const auto done = attendre::registerTables(connection);
    if (done)
        return SQLITE_OK;
    *message = sqlite3_mprintf("%s", done.error().sentence.toUtf8().constData());
    return SQLITE_ERROR;
}
