/*
 * sqlext.c - registration, and the one plain function.
 *
 * It is registered on the connection of the program, and loaded by other
 * programs (extension_entry.c) into theirs.
 */
#include "sqlext/sqlext.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/zone.h"
#include "sqlext/buckets_table.h"
#include "sqlext/quantile.h"
#include "sqlext/readings_table.h"
#include "store/meta.h"

/* The database of a connection, for its zone. */
static void
close_database(void *context)
{
    struct database *db = context;
    wattle_zone_close(db->zone);
    free(db->path);
    free(db);
}

/*
 * wattle_time_ms(text): a time in any form that --since takes; else NULL. One
 * without an offset is of the zone of the database.
 */
static void
time_ms(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    int64_t time_ms;
    bool is_local;
    struct wattle_error error = {0};
    struct database *db = sqlite3_user_data(context);
    const char *text = (const char *)sqlite3_value_text(argv[0]);
    if (text == NULL)
        return;
    size_t len = decimal_trim(&text, (size_t)sqlite3_value_bytes(argv[0]));
    if (!civil_parse_clock(text, len, true, &time_ms, &is_local))
        return;
    if (is_local && meta_read_zone(db, &error) != WATTLE_OK) {
        sqlite3_result_error(context, error.message, -1);
        return;
    }
    if (is_local && zone_unless_utc(db->zone) != NULL)
        time_ms = zone_first_utc(db->zone, time_ms);
    sqlite3_result_int64(context, time_ms);
}

static int
register_time_ms(sqlite3 *handle)
{
    struct database *db = calloc(1, sizeof(*db));
    if (db == NULL)
        return SQLITE_NOMEM;
    const char *path = sqlite3_db_filename(handle, "main");
    db->handle = handle;
    db->path = strdup(path != NULL && path[0] != '\0' ? path : ":memory:");
    if (db->path == NULL) {
        free(db);
        return SQLITE_NOMEM;
    }
    /* takes db in any case */
    return sqlite3_create_function_v2(handle, "wattle_time_ms", 1,
                                      SQLITE_UTF8 | SQLITE_DETERMINISTIC |
                                          SQLITE_INNOCUOUS,
                                      db, time_ms, NULL, NULL, close_database);
}

int
sqlext_register(sqlite3 *handle, struct wattle_error *error)
{
    int result = sqlite3_create_module_v2(handle, "readings",
                                          &readings_table_module, NULL, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_create_module_v2(handle, "energy_buckets",
                                          &buckets_table_module, NULL, NULL);
    if (result == SQLITE_OK)
        result = register_time_ms(handle);
    if (result == SQLITE_OK)
        result = quantile_register(handle);
    if (result == SQLITE_NOMEM)
        return error_memory(error);
    if (result != SQLITE_OK)
        return error_set(error, WATTLE_ERR_IO, "SQLite: %s",
                         sqlite3_errmsg(handle));
    return WATTLE_OK;
}

bool
sqlext_is_same_library(const char *source_id)
{
    return source_id == sqlite3_sourceid();
}
