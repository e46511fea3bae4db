/*
 * extension_entry.c - what SQLite calls when it loads wattle_sqlite.so.
 *
 * SQLite comes in two ways: as the table of functions of the program that
 * loads, and as the library that this file is linked with. Both must be the
 * same, for a connection belongs to the one that opened it.
 */
#include <sqlite3ext.h>

#include "sqlext/sqlext.h"

SQLITE_EXTENSION_INIT1

int sqlite3_extension_init(sqlite3 *handle, char **message,
                           const sqlite3_api_routines *api);
int sqlite3_wattlesqlite_init(sqlite3 *handle, char **message,
                              const sqlite3_api_routines *api);

int
sqlite3_extension_init(sqlite3 *handle, char **message,
                       const sqlite3_api_routines *api)
{
    struct wattle_error error = {0};
    SQLITE_EXTENSION_INIT2(api)
    if (!sqlext_is_same_library(sqlite3_sourceid())) {
        *message = sqlite3_mprintf(
            "wattle_sqlite needs a program that uses the shared libsqlite3; "
            "this one has an SQLite %s of its own",
            sqlite3_libversion());
        return SQLITE_ERROR;
    }
    if (sqlext_register(handle, &error) == WATTLE_OK)
        return SQLITE_OK;
    *message = sqlite3_mprintf("%s", error.message);
    return SQLITE_ERROR;
}

/* The same by the name that is made of the file's. */
int
sqlite3_wattlesqlite_init(sqlite3 *handle, char **message,
                          const sqlite3_api_routines *api)
{
    return sqlite3_extension_init(handle, message, api);
}
