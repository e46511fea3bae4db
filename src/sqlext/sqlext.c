/*
 * sqlext.c - registration, and the one plain function.
 *
 * It is registered on the connection of the program, and loaded by other
 * programs (extension_entry.c) into theirs.
 */
#include "sqlext/sqlext.h"

#include "base/civil_time.h"
#include "base/decimal.h"
#include "base/error.h"
#include "sqlext/buckets_table.h"
#include "sqlext/quantile.h"
#include "sqlext/readings_table.h"

/* wattle_time_ms(text): a time in any form that --since takes; else NULL. */
static void
time_ms(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    int64_t time_ms;
    const char *text = (const char *)sqlite3_value_text(argv[0]);
    if (text == NULL)
        return;
    size_t len = decimal_trim(&text, (size_t)sqlite3_value_bytes(argv[0]));
    if (civil_parse_or_date(text, len, &time_ms))
        sqlite3_result_int64(context, time_ms);
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
        result = sqlite3_create_function_v2(handle, "wattle_time_ms", 1,
                                            SQLITE_UTF8 | SQLITE_DETERMINISTIC |
                                                SQLITE_INNOCUOUS,
                                            NULL, time_ms, NULL, NULL, NULL);
    if (result == SQLITE_OK)
        result = quantile_register(handle);
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
