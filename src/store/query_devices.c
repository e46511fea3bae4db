/*
 * query_devices.c - one select over all devices, or one for each id when no
 * pattern has a special character.
 *
 * Each row is checked before it is used. A pattern that matches nothing is an
 * error that lists some of the ids or locations that there are: most often it
 * is a typing mistake. The devices found are in the order of ids.
 */
#include "store/query_devices.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "store/checksum.h"
#include "store/metered.h"
#include "store/stored_check.h"

#define SELECT_ALL "SELECT " STORED_DEVICE_COLUMNS " FROM device"

static int
take_row(struct device_list *devices, sqlite3_stmt *row,
         struct wattle_error *error)
{
    const char *id = (const char *)sqlite3_column_text(row, 1);
    if (id == NULL || id[0] == '\0')
        return error_set(error, WATTLE_ERR_FORMAT, "a device has no id");
    int status =
        device_list_add(devices, (uint32_t)sqlite3_column_int64(row, 0), id,
                        (const char *)sqlite3_column_text(row, 2),
                        (const char *)sqlite3_column_text(row, 3));
    return status == WATTLE_OK ? status : error_memory(error);
}

/* Whether the row's device is wanted; marks the patterns that match it. */
static bool
is_match(sqlite3_stmt *statement, const struct selection *selection,
         bool *is_used)
{
    const char *id = (const char *)sqlite3_column_text(statement, 1);
    return id != NULL && selection_wants_device(selection, id, is_used);
}

static int
take_rows(struct device_list *devices, struct database *db,
          sqlite3_stmt *statement, const struct selection *selection,
          bool *is_used, struct wattle_error *error)
{
    struct checksum *checksum = checksum_new();
    int status = checksum != NULL ? WATTLE_OK : error_memory(error);
    int step = SQLITE_ROW;
    while (status == WATTLE_OK &&
           (step = database_step(db, statement, error)) == SQLITE_ROW) {
        if (!stored_check_device(checksum, statement))
            status =
                error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                             "the table device is damaged; try 'wattle check'");
        else if (is_match(statement, selection, is_used))
            status = take_row(devices, statement, error);
    }
    checksum_free(checksum);
    return status == WATTLE_OK && step < 0 ? step : status;
}

static int
select_devices(struct device_list *devices, struct database *db,
               const struct selection *selection, bool *is_used,
               struct wattle_error *error)
{
    bool is_plain = selection_names_ids(selection);
    size_t n_rounds = is_plain ? selection->n_device_globs : 1;
    sqlite3_stmt *statement = database_prepare(
        db, is_plain ? SELECT_ALL " WHERE device_id = ?1" : SELECT_ALL, error);
    if (statement == NULL)
        return database_fail(db, error);
    int status = WATTLE_OK;
    for (size_t i = 0; i < n_rounds && status == WATTLE_OK; i++) {
        sqlite3_reset(statement);
        if (is_plain && is_used[i])
            continue; /* said twice */
        if (is_plain)
            sqlite3_bind_text(statement, 1, selection->device_globs[i], -1,
                              SQLITE_STATIC);
        status = take_rows(devices, db, statement, selection, is_used, error);
    }
    sqlite3_finalize(statement);
    return status;
}

/* "'a', 'b', 'c', ..." of the texts that a statement selects. */
static int
list_some(struct database *db, const char *sql, struct buffer *text,
          struct wattle_error *error)
{
    enum { SHOWN = 3 };
    sqlite3_stmt *statement = database_prepare(db, sql, error);
    int n = 0, step = SQLITE_DONE;
    if (statement == NULL)
        return database_fail(db, error);
    while (n <= SHOWN &&
           (step = database_step(db, statement, error)) == SQLITE_ROW) {
        const char *found = (const char *)sqlite3_column_text(statement, 0);
        if (n == SHOWN)
            buffer_append_text(text, ", ...");
        else if (found != NULL)
            buffer_printf(text, "%s'%s'", n > 0 ? ", " : "", found);
        n++;
    }
    sqlite3_finalize(statement);
    return step < 0 ? step : WATTLE_OK;
}

static int
fail_unmatched(struct database *db, const char *problem, const char *pattern,
               const char *sql, const char *none, struct wattle_error *error)
{
    struct buffer text = {0};
    int status = list_some(db, sql, &text, error);
    if (status == WATTLE_OK && text.len > 0)
        status = error_set(error, WATTLE_ERR_USAGE, "%s '%s'; there are %.*s",
                           problem, pattern, (int)text.len, text.data);
    else if (status == WATTLE_OK)
        status = error_set(error, WATTLE_ERR_USAGE, "%s '%s': %s", problem,
                           pattern, none);
    buffer_release(&text);
    return status;
}

static int
check_used(struct database *db, const struct selection *selection,
           const bool *is_used, struct wattle_error *error)
{
    for (size_t i = 0; i < selection->n_device_globs; i++) {
        if (!is_used[i])
            return fail_unmatched(
                db, "no device matches", selection->device_globs[i],
                "SELECT device_id FROM device ORDER BY 1 LIMIT 4",
                "the database has no devices", error);
    }
    return WATTLE_OK;
}

/* Drops the devices that are elsewhere. */
static int
keep_location(struct device_list *devices, struct database *db,
              const struct selection *selection, struct wattle_error *error)
{
    size_t kept = 0;
    for (size_t i = 0; i < devices->n; i++) {
        struct listed_device device = devices->items[i];
        bool is_there = selection_wants_location(selection, device.location);
        devices->items[i] = devices->items[kept];
        devices->items[kept] = device;
        kept += is_there ? 1 : 0;
    }
    device_list_cut(devices, kept);
    if (kept > 0)
        return WATTLE_OK;
    return fail_unmatched(db, "no such device is at the location",
                          selection->location_glob,
                          "SELECT DISTINCT location FROM device "
                          "WHERE location <> '' ORDER BY 1 LIMIT 4",
                          "no location is known", error);
}

static int
mark_metered(struct device_list *devices, struct database *db,
             struct wattle_error *error)
{
    struct metered set = {0};
    int status = metered_read(&set, db, error);
    for (size_t i = 0; i < devices->n; i++)
        devices->items[i].has_energies =
            metered_has(&set, devices->items[i].number);
    metered_release(&set);
    return status;
}

int
query_devices_find(struct device_list *devices, struct database *db,
                   const struct selection *selection,
                   struct wattle_error *error)
{
    bool *is_used = calloc(selection->n_device_globs + 1, sizeof(*is_used));
    if (is_used == NULL)
        return error_memory(error);
    int status = select_devices(devices, db, selection, is_used, error);
    if (status == WATTLE_OK)
        status = check_used(db, selection, is_used, error);
    if (status == WATTLE_OK && selection->location_glob != NULL)
        status = keep_location(devices, db, selection, error);
    if (status == WATTLE_OK)
        status = mark_metered(devices, db, error);
    device_list_sort(devices);
    free(is_used);
    return status;
}
