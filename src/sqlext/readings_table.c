/*
 * readings_table.c - a cursor over devices, and of each over batches of up to
 * 1,024 readings, whose wanted columns are doubles before they are asked for.
 *
 * SQLite holds a read transaction for as long as the statement runs, so all
 * that is read here is of one state of the database.
 */
#include "sqlext/readings_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "base/zone.h"
#include "store/database_stats.h"
#include "store/device_select.h"
#include "sqlext/readings_plan.h"
#include "sqlext/readings_values.h"
#include "sqlext/sql_table.h"
#include "store/device_scan.h"
#include "store/meta.h"

static const char declaration[] =
    "CREATE TABLE readings(device_id TEXT NOT NULL, timestamp TEXT NOT NULL, "
    "time_ms INTEGER NOT NULL, voltage REAL, current REAL, power_factor REAL, "
    "power_w REAL, energy_wh REAL, span_s REAL HIDDEN, "
    "energy_returned_wh REAL HIDDEN, energy_total_wh REAL HIDDEN, "
    "energy_returned_total_wh REAL HIDDEN, apparent_power_va REAL HIDDEN, "
    "reactive_power_var REAL HIDDEN, frequency_hz REAL HIDDEN, "
    "local_time TEXT HIDDEN, PRIMARY KEY(device_id, time_ms)) WITHOUT ROWID";

struct readings_table {
    struct sql_table sql;
    struct readings_sizes sizes;
};

struct readings_cursor {
    sqlite3_vtab_cursor base;
    struct device_select devices;
    size_t at; /* the device being read */
    struct readings_request request;
    struct device_scan *scan;
    unsigned wanted;         /* value columns, bits of enum wattle_measure */
    uint32_t scan_columns;   /* that the scan decodes */
    struct batch_view batch; /* no rows: the end */
    size_t row;
    const struct kernels *kernels;
    struct readings_values values;
};

static struct database *
database_of(struct readings_cursor *cursor)
{
    return &((struct readings_table *)cursor->base.pVtab)->sql.db;
}

static const struct database *
database_of_const(const struct readings_cursor *cursor)
{
    return &((const struct readings_table *)cursor->base.pVtab)->sql.db;
}

static int
guess_sizes(struct readings_table *table, struct wattle_error *error)
{
    double n_devices, n_readings;
    int status =
        database_stats_guess(&table->sql.db, &n_devices, &n_readings, error);
    table->sizes.n_devices = n_devices;
    table->sizes.n_readings = n_readings;
    return status;
}

static int
disconnect(sqlite3_vtab *base)
{
    struct readings_table *table = (struct readings_table *)base;
    sql_table_release(&table->sql);
    free(table);
    return SQLITE_OK;
}

static int
connect(sqlite3 *handle, void *context, int argc, const char *const *argv,
        sqlite3_vtab **out, char **message)
{
    (void)context, (void)argc, (void)argv;
    struct wattle_error error = {0};
    struct readings_table *table = calloc(1, sizeof(*table));
    if (table == NULL)
        return SQLITE_NOMEM;
    int result = sql_table_open(&table->sql, handle, declaration, message);
    if (result == SQLITE_OK && guess_sizes(table, &error) != WATTLE_OK) {
        *message = sqlite3_mprintf("%s", error.message);
        result = SQLITE_ERROR;
    }
    if (result != SQLITE_OK)
        disconnect(&table->sql.base);
    else
        *out = &table->sql.base;
    return result;
}

static int
best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    return readings_plan_choose(info, &((struct readings_table *)base)->sizes);
}

static int
open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
    (void)base;
    struct readings_cursor *cursor = aligned_alloc(64, sizeof(*cursor));
    if (cursor == NULL)
        return SQLITE_NOMEM;
    memset(cursor, 0, offsetof(struct readings_cursor, values));
    cursor->kernels = kernels_for(0);
    *out = &cursor->base;
    return SQLITE_OK;
}

static int
close_cursor(sqlite3_vtab_cursor *base)
{
    struct readings_cursor *cursor = (struct readings_cursor *)base;
    device_scan_close(cursor->scan);
    device_select_release(&cursor->devices);
    free(cursor);
    return SQLITE_OK;
}

/* Begins to read the device at `at`. */
static int
begin_device(struct readings_cursor *cursor, struct wattle_error *error)
{
    const struct scan_request range = {
        .device = cursor->devices.items[cursor->at].number,
        .since_ms = cursor->request.since_ms,
        .until_ms = cursor->request.until_ms,
        .columns = cursor->scan_columns,
    };
    if (cursor->scan != NULL)
        return device_scan_restart(cursor->scan, &range, error);
    return device_scan_open(&cursor->scan, database_of(cursor), &range, error);
}

static int
fail_device(struct readings_cursor *cursor, const struct wattle_error *error)
{
    cursor->batch.n_rows = 0;
    return sql_table_fail(cursor->base.pVtab,
                          cursor->devices.items[cursor->at].id, error);
}

/* The next rows, of this device or of one that follows. */
static int
next_batch(struct readings_cursor *cursor)
{
    struct wattle_error error = {0};
    cursor->row = 0;
    while (device_scan_next(cursor->scan, &cursor->batch, &error) ==
           WATTLE_OK) {
        if (cursor->batch.n_rows > 0) {
            readings_values_fill(&cursor->values, &cursor->batch,
                                 cursor->wanted, cursor->kernels);
            return SQLITE_OK;
        }
        if (++cursor->at == cursor->devices.n)
            return SQLITE_OK;
        if (begin_device(cursor, &error) != WATTLE_OK)
            break;
    }
    return fail_device(cursor, &error);
}

/* Takes over what a plan wants to see. */
static void
set_columns(struct readings_cursor *cursor, int plan)
{
    const unsigned all = (1u << MEASURE_N) - 1;
    cursor->wanted = (unsigned)plan >> READINGS_VOLTAGE & all;
    unsigned needed = readings_values_needed(cursor->wanted);
    if (cursor->scan != NULL && cursor->scan_columns != needed) {
        device_scan_close(cursor->scan);
        cursor->scan = NULL;
    }
    cursor->scan_columns = needed;
}

static int
begin_rows(sqlite3_vtab_cursor *base, int plan, const char *names, int argc,
           sqlite3_value **argv)
{
    (void)argc;
    struct readings_cursor *cursor = (struct readings_cursor *)base;
    struct readings_request *request = &cursor->request;
    struct wattle_error error = {0};
    cursor->batch.n_rows = cursor->row = cursor->at = 0;
    set_columns(cursor, plan);
    if ((plan & 1 << READINGS_LOCAL_TIME) != 0 &&
        meta_read_zone(database_of(cursor), &error) != WATTLE_OK)
        return sql_table_fail(base->pVtab, NULL, &error);
    readings_plan_read(names, argv, request);
    if (request->since_ms >= request->until_ms)
        return SQLITE_OK;
    int status =
        device_select_find(&cursor->devices, database_of(cursor),
                           request->devices_by, request->devices, &error);
    request->devices = NULL;
    if (status == WATTLE_OK && cursor->devices.n > 1 &&
        (plan & READINGS_PLAN_BY_TIME) != 0)
        status = error_set(&error, WATTLE_ERR_USAGE,
                           "several devices are equal to this number: "
                           "compare device_id with a text");
    if (status != WATTLE_OK)
        return sql_table_fail(base->pVtab, NULL, &error);
    if (cursor->devices.n == 0)
        return SQLITE_OK;
    if (begin_device(cursor, &error) != WATTLE_OK)
        return fail_device(cursor, &error);
    return next_batch(cursor);
}

static int
filter(sqlite3_vtab_cursor *base, int plan, const char *names, int argc,
       sqlite3_value **argv)
{
    int code = sql_table_enter(base->pVtab);
    if (code != SQLITE_OK)
        return code;
    code = begin_rows(base, plan, names, argc, argv);
    sql_table_leave();
    return code;
}

static int
next(sqlite3_vtab_cursor *base)
{
    struct readings_cursor *cursor = (struct readings_cursor *)base;
    if (++cursor->row < cursor->batch.n_rows)
        return SQLITE_OK;
    int code = sql_table_enter(base->pVtab);
    if (code != SQLITE_OK)
        return code;
    code = next_batch(cursor);
    sql_table_leave();
    return code;
}

static int
is_at_end(sqlite3_vtab_cursor *base)
{
    return ((struct readings_cursor *)base)->batch.n_rows == 0;
}

static int
column(sqlite3_vtab_cursor *base, sqlite3_context *result, int number)
{
    const struct readings_cursor *cursor = (const struct readings_cursor *)base;
    int64_t time_ms = cursor->batch.time_ms[cursor->row];
    char text[ZONE_TEXT_SIZE];
    switch (number) {
    case READINGS_DEVICE: {
        const struct selected_device *d = &cursor->devices.items[cursor->at];
        sqlite3_result_text(result, d->id, d->len, SQLITE_TRANSIENT);
        break;
    }
    case READINGS_TIMESTAMP:
        civil_format(time_ms, text);
        sqlite3_result_text(result, text, -1, SQLITE_TRANSIENT);
        break;
    case READINGS_LOCAL_TIME:
        zone_format(database_of_const(cursor)->zone, time_ms, text);
        sqlite3_result_text(result, text, -1, SQLITE_TRANSIENT);
        break;
    case READINGS_TIME:
        sqlite3_result_int64(result, time_ms);
        break;
    default:
        sqlite3_result_double(
            result,
            cursor->values.column[number - READINGS_VOLTAGE][cursor->row]);
        break;
    }
    return SQLITE_OK;
}

/* Not asked for: the table is WITHOUT ROWID. */
static int
row_number(sqlite3_vtab_cursor *base, sqlite3_int64 *number)
{
    *number = ((struct readings_cursor *)base)->batch.time_ms[0];
    return SQLITE_OK;
}

const sqlite3_module readings_table_module = {
    .iVersion = 0,
    .xConnect = connect,
    .xBestIndex = best_index,
    .xDisconnect = disconnect,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter,
    .xNext = next,
    .xEof = is_at_end,
    .xColumn = column,
    .xRowid = row_number,
};
