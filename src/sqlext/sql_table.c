/*
 * sql_table.c - a borrowed connection, and errors of both kinds.
 *
 * A table uses the connection that it was made on and never closes it. While
 * it asks the store, any other use of our tables on this thread is refused: a
 * view in place of a stored table could make a table ask itself without end.
 */
#include "sqlext/sql_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/format_version.h"
#include "store/tables.h"

/* An error as text; sqlite3_malloc. */
static char *
words_of(const char *device, const struct wattle_error *error)
{
    const char *before = "", *between = "";
    if (error->path[0] != '\0') {
        before = error->path;
        between = ": ";
    }
    bool is_named = device != NULL && strstr(error->message, device) != NULL;
    if (device != NULL && !is_named)
        return sqlite3_mprintf("%s%sdevice '%s': %s", before, between, device,
                               error->message);
    return sqlite3_mprintf("%s%s%s", before, between, error->message);
}

static int
code_of(const struct database *db, const struct wattle_error *error)
{
    int code = sqlite3_errcode(db->handle) & 0xff;
    switch (error->code) {
    case WATTLE_ERR_MEMORY:
        return SQLITE_NOMEM;
    case WATTLE_ERR_FORMAT:
        return SQLITE_CORRUPT_VTAB;
    default:
        return code == SQLITE_INTERRUPT || code == SQLITE_BUSY ? code
                                                               : SQLITE_ERROR;
    }
}

int
sql_table_open(struct sql_table *table, sqlite3 *handle,
               const char *declaration, char **message)
{
    struct wattle_error error = {0};
    const char *path = sqlite3_db_filename(handle, "main");
    bool is_file = path != NULL && path[0] != '\0';
    table->db = (struct database){.handle = handle,
                                  .path = strdup(is_file ? path : ":memory:")};
    if (table->db.path == NULL)
        return SQLITE_NOMEM;
    if (format_version_check(&table->db, &error) != WATTLE_OK) {
        *message = words_of(NULL, &error);
        return error.code == WATTLE_ERR_MEMORY ? SQLITE_NOMEM : SQLITE_ERROR;
    }
    int result = sqlite3_declare_vtab(handle, declaration);
    if (result == SQLITE_OK)
        result = sqlite3_vtab_config(handle, SQLITE_VTAB_INNOCUOUS);
    return result;
}

/* Whether one of these tables is asking the store, on this thread. */
static _Thread_local bool is_asking;

int
sql_table_enter(sqlite3_vtab *base)
{
    if (!is_asking) {
        is_asking = true;
        return SQLITE_OK;
    }
    sqlite3_free(base->zErrMsg);
    base->zErrMsg = sqlite3_mprintf(
        "a table of the database is a view over this one; it cannot be read");
    return SQLITE_ERROR;
}

void
sql_table_leave(void)
{
    is_asking = false;
}

void
sql_table_release(struct sql_table *table)
{
    wattle_zone_close(table->db.zone);
    free(table->db.path);
}

int
sql_table_fail(sqlite3_vtab *base, const char *device,
               const struct wattle_error *error)
{
    const struct sql_table *table = (const struct sql_table *)base;
    int code = code_of(&table->db, error);
    sqlite3_free(base->zErrMsg);
    base->zErrMsg = words_of(device, error);
    return code;
}
