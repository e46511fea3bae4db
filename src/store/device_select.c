/*
 * device_select.c - selects on the table device.
 *
 * The value of a condition may be of any type of SQL; each device is listed
 * once, in the bytewise order of ids.
 */
#include "store/device_select.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "store/stored_check.h"

#define SELECT                                                                 \
    "SELECT number, device_id, name, location, rated_w, checksum FROM "        \
    "main.device "

static void
forget(struct device_select *devices)
{
    for (size_t i = 0; i < devices->n; i++)
        free(devices->items[i].id);
    devices->n = 0;
}

void
device_select_release(struct device_select *devices)
{
    forget(devices);
    free(devices->items);
    sqlite3_finalize(devices->all);
    sqlite3_finalize(devices->by_text);
    sqlite3_finalize(devices->by_number);
    checksum_free(devices->checksum);
    *devices = (struct device_select){0};
}

/* Whether the pattern, if there is one, lets the row's device through. */
static bool
is_match(sqlite3_stmt *row, enum device_select_by by, const char *pattern)
{
    const char *id = (const char *)sqlite3_column_text(row, 1);
    if (pattern == NULL || id == NULL)
        return true;
    if (by == DEVICE_SELECT_GLOB)
        return sqlite3_strglob(pattern, id) == 0;
    return sqlite3_strlike(pattern, id, 0) == 0;
}

static int
take_row(struct device_select *devices, const struct database *db,
         sqlite3_stmt *row, struct wattle_error *error)
{
    const char *id = (const char *)sqlite3_column_text(row, 1);
    int64_t number = sqlite3_column_int64(row, 0);
    if (!stored_check_device(devices->checksum, row))
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "the table device is damaged; try 'wattle check'");
    struct selected_device *items = buffer_grow_array(
        devices->items, &devices->cap, devices->n + 1, sizeof(*items));
    if (items == NULL)
        return error_memory(error);
    devices->items = items;
    struct selected_device *device = &items[devices->n];
    *device = (struct selected_device){.number = (uint32_t)number,
                                       .len = sqlite3_column_bytes(row, 1),
                                       .id = strdup(id)};
    if (device->id == NULL)
        return error_memory(error);
    devices->n++;
    return WATTLE_OK;
}

/* Prepares at the first time, then runs to the end. */
static int
select_rows(struct device_select *devices, struct database *db,
            sqlite3_stmt **statement, const char *sql, enum device_select_by by,
            sqlite3_value *value, struct wattle_error *error)
{
    const char *pattern = NULL;
    if (*statement == NULL)
        *statement = database_prepare(db, sql, error);
    if (*statement == NULL)
        return database_fail(db, error);
    if (by == DEVICE_SELECT_IS)
        sqlite3_bind_value(*statement, 1, value);
    else if (value != NULL)
        pattern = (const char *)sqlite3_value_text(value);
    int status = WATTLE_OK;
    while (status == WATTLE_OK) {
        int result = database_step(db, *statement, error);
        if (result == SQLITE_DONE)
            break;
        if (result < 0)
            status = result;
        else if (is_match(*statement, by, pattern))
            status = take_row(devices, db, *statement, error);
    }
    sqlite3_reset(*statement);
    return status;
}

static int
find_all(struct device_select *devices, struct database *db,
         enum device_select_by by, sqlite3_value *pattern,
         struct wattle_error *error)
{
    return select_rows(devices, db, &devices->all, SELECT "ORDER BY device_id",
                       by, pattern, error);
}

/*
 * A number may be meant as its text or, beside a column of numbers, as a
 * number: SQLite decides, so devices of either kind are candidates.
 */
static int
find_one(struct device_select *devices, struct database *db,
         sqlite3_value *value, struct wattle_error *error)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_TEXT:
        return select_rows(devices, db, &devices->by_text,
                           SELECT "WHERE device_id = ?1", DEVICE_SELECT_IS,
                           value, error);
    case SQLITE_INTEGER:
    case SQLITE_FLOAT:
        return select_rows(devices, db, &devices->by_number,
                           SELECT "WHERE device_id = ?1 OR "
                                  "device_id = CAST(?1 AS NUMERIC) "
                                  "ORDER BY device_id",
                           DEVICE_SELECT_IS, value, error);
    default: /* equal to no text */
        return WATTLE_OK;
    }
}

static int
compare_ids(const void *a, const void *b)
{
    const struct selected_device *x = a, *y = b;
    return strcmp(x->id, y->id);
}

static int
find_listed(struct device_select *devices, struct database *db,
            sqlite3_value *list, struct wattle_error *error)
{
    sqlite3_value *value = NULL;
    int status = WATTLE_OK, result;
    for (result = sqlite3_vtab_in_first(list, &value);
         result == SQLITE_OK && value != NULL && status == WATTLE_OK;
         result = sqlite3_vtab_in_next(list, &value))
        status = find_one(devices, db, value, error);
    if (status == WATTLE_OK && result != SQLITE_OK && result != SQLITE_DONE)
        status = error_set(error, WATTLE_ERR_IO, "%s", sqlite3_errstr(result));
    if (devices->n == 0)
        return status;
    qsort(devices->items, devices->n, sizeof(*devices->items), compare_ids);
    size_t kept = 1;
    for (size_t i = 1; i < devices->n; i++) {
        struct selected_device device = devices->items[i];
        if (device.number == devices->items[kept - 1].number)
            free(device.id);
        else
            devices->items[kept++] = device;
    }
    devices->n = kept;
    return status;
}

int
device_select_find(struct device_select *devices, struct database *db,
                   enum device_select_by by, sqlite3_value *value,
                   struct wattle_error *error)
{
    forget(devices);
    if (devices->checksum == NULL)
        devices->checksum = checksum_new();
    if (devices->checksum == NULL)
        return error_memory(error);
    switch (by) {
    case DEVICE_SELECT_IS:
        return find_one(devices, db, value, error);
    case DEVICE_SELECT_IN:
        return find_listed(devices, db, value, error);
    case DEVICE_SELECT_GLOB:
    case DEVICE_SELECT_LIKE:
        if (sqlite3_value_type(value) == SQLITE_TEXT)
            return find_all(devices, db, by, value, error);
        break;
    default:
        break;
    }
    return find_all(devices, db, DEVICE_SELECT_ALL, NULL, error);
}
