#pragma once

// SQLite's functions: linked directly in the programs, through the host's table of functions in the
// loadable extension, which must use the very library that opened the database.
#ifdef ATTENDRE_SQLITE_EXTENSION
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT3
#else
#include <sqlite3.h>
#endif
