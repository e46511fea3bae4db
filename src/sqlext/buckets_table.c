/*
 * buckets_table.c - a query over the database as a table-valued function.
 *
 * The cursor that SQLite sees holds a bucket_cursor. best_index passes on the
 * arguments of the function, and an equal device_id, so that only what they ask
 * for is decoded; all other conditions are left to SQLite. Rows come by device,
 * then by time.
 */
#include "sqlext/buckets_table.h"

#include <stdlib.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "base/zone.h"
#include "sqlext/buckets_request.h"
#include "sqlext/sql_table.h"
#include "backend/bucket_cursor.h"
#include "store/meta.h"
#include "store/store_backend.h"

enum column {
    BUCKETS_DEVICE,
    BUCKETS_START,
    BUCKETS_TIME,
    BUCKETS_READINGS,
    BUCKETS_ENERGY,
    BUCKETS_MEAN,
    BUCKETS_MIN,
    BUCKETS_MAX,
    /* device, since, until, every, interpolation, max_gap: hidden */
    BUCKETS_ARGUMENT,
    BUCKETS_N_COLUMNS = BUCKETS_ARGUMENT + 6
};

#define N_ARGUMENTS (BUCKETS_N_COLUMNS - BUCKETS_ARGUMENT)

static const char declaration[] =
    "CREATE TABLE energy_buckets(device_id TEXT, start TEXT, "
    "time_ms INTEGER, readings INTEGER, energy_kwh REAL, mean_power_w REAL, "
    "min_power_w REAL, max_power_w REAL, device HIDDEN, since HIDDEN, "
    "until HIDDEN, every HIDDEN, interpolation HIDDEN, max_gap HIDDEN, "
    "PRIMARY KEY(device_id, time_ms, device, since, until, every, "
    "interpolation, max_gap)) WITHOUT ROWID";

/* Bits of idxNum: arguments given, device_id given, powers wanted. */
#define PLAN_ARGUMENT(i) (1 << (i))
#define PLAN_DEVICE_ID   (1 << N_ARGUMENTS)
#define PLAN_POWERS      (1 << (N_ARGUMENTS + 1))

/* Guesses for the planner. */
#define GUESSED_DEVICES 100
#define GUESSED_BUCKETS 1000
#define BUCKET_COST     50.0 /* for one row: many readings behind it */

struct buckets_cursor {
    sqlite3_vtab_cursor base;
    sqlite3_value *arguments[N_ARGUMENTS]; /* copies; NULL = not given */
    struct buckets_request request;
    struct store_backend backend;
    struct bucket_cursor rows;
    bool is_open; /* rows */
    bool has_row;
    struct query_row row;
};

static int
disconnect(sqlite3_vtab *base)
{
    struct sql_table *table = (struct sql_table *)base;
    sql_table_release(table);
    free(table);
    return SQLITE_OK;
}

static int
connect(sqlite3 *handle, void *context, int argc, const char *const *argv,
        sqlite3_vtab **out, char **message)
{
    (void)context, (void)argc, (void)argv;
    struct sql_table *table = calloc(1, sizeof(*table));
    if (table == NULL)
        return SQLITE_NOMEM;
    int result = sql_table_open(table, handle, declaration, message);
    if (result != SQLITE_OK)
        disconnect(&table->base);
    else
        *out = &table->base;
    return result;
}

/* Rows come by device, and of a device by time; no two have both equal. */
static bool
is_in_order(const sqlite3_index_info *info)
{
    static const int order[] = {BUCKETS_DEVICE, BUCKETS_TIME};
    for (int i = 0; i < info->nOrderBy && i < 2; i++) {
        if (info->aOrderBy[i].iColumn != order[i] || info->aOrderBy[i].desc)
            return false;
    }
    return true;
}

/* The order of the arguments of xFilter: those of the function, device_id. */
static void
number_arguments(sqlite3_index_info *info, const int *at)
{
    int n = 0;
    for (int i = 0; i <= N_ARGUMENTS; i++) {
        if (at[i] < 0)
            continue;
        info->aConstraintUsage[at[i]].argvIndex = ++n;
        info->aConstraintUsage[at[i]].omit = i < N_ARGUMENTS;
        info->idxNum |= PLAN_ARGUMENT(i);
    }
}

static int
best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    (void)base;
    int at[N_ARGUMENTS + 1];
    for (int i = 0; i <= N_ARGUMENTS; i++)
        at[i] = -1;
    for (int i = 0; i < info->nConstraint; i++) {
        const struct sqlite3_index_constraint *c = &info->aConstraint[i];
        bool is_argument = c->iColumn >= BUCKETS_ARGUMENT;
        if (c->op != SQLITE_INDEX_CONSTRAINT_EQ ||
            (!is_argument && c->iColumn != BUCKETS_DEVICE))
            continue;
        if (is_argument && !c->usable)
            return SQLITE_CONSTRAINT; /* not without its arguments */
        const char *collation = sqlite3_vtab_collation(info, i);
        if (is_argument)
            at[c->iColumn - BUCKETS_ARGUMENT] = i;
        else if (c->usable && sqlite3_stricmp(collation, "BINARY") == 0)
            at[N_ARGUMENTS] = i;
    }
    const sqlite3_uint64 powers =
        1 << BUCKETS_MEAN | 1 << BUCKETS_MIN | 1 << BUCKETS_MAX;
    number_arguments(info, at);
    if ((info->colUsed & powers) != 0)
        info->idxNum |= PLAN_POWERS;
    if (info->nOrderBy > 0 && is_in_order(info))
        info->orderByConsumed = 1;
    bool is_single = at[N_ARGUMENTS] >= 0 || at[0] >= 0;
    info->estimatedRows = GUESSED_BUCKETS * (is_single ? 1 : GUESSED_DEVICES);
    info->estimatedCost = (double)info->estimatedRows * BUCKET_COST;
    return SQLITE_OK;
}

static int
open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
    (void)base;
    struct buckets_cursor *cursor = calloc(1, sizeof(*cursor));
    if (cursor == NULL)
        return SQLITE_NOMEM;
    *out = &cursor->base;
    return SQLITE_OK;
}

static void
reset(struct buckets_cursor *cursor)
{
    if (cursor->is_open)
        bucket_cursor_close(&cursor->rows);
    cursor->is_open = cursor->has_row = false;
    for (int i = 0; i < N_ARGUMENTS; i++) {
        sqlite3_value_free(cursor->arguments[i]);
        cursor->arguments[i] = NULL;
    }
}

static int
close_cursor(sqlite3_vtab_cursor *base)
{
    struct buckets_cursor *cursor = (struct buckets_cursor *)base;
    reset(cursor);
    buckets_request_release(&cursor->request);
    free(cursor);
    return SQLITE_OK;
}

static int
fail(struct buckets_cursor *cursor, const struct wattle_error *error)
{
    const char *device = NULL;
    if (cursor->is_open && cursor->rows.device != NULL)
        device = cursor->rows.device->id;
    cursor->has_row = false;
    return sql_table_fail(cursor->base.pVtab, device, error);
}

static int
next_row(sqlite3_vtab_cursor *base)
{
    struct buckets_cursor *cursor = (struct buckets_cursor *)base;
    struct wattle_error error = {0};
    if (bucket_cursor_next(&cursor->rows, &cursor->row, &cursor->has_row,
                           &error) != WATTLE_OK)
        return fail(cursor, &error);
    return SQLITE_OK;
}

/* Reads the arguments and keeps copies to show. */
static int
read_arguments(struct buckets_cursor *cursor, int plan, sqlite3_value **argv,
               struct wattle_error *error)
{
    static int (*const readers[])(struct buckets_request *, sqlite3_value *,
                                  struct wattle_error *) = {
        buckets_request_device,        buckets_request_since,
        buckets_request_until,         buckets_request_every,
        buckets_request_interpolation, buckets_request_max_gap};
    struct buckets_request *request = &cursor->request;
    struct sql_table *table = (struct sql_table *)cursor->base.pVtab;
    int status = meta_read_zone(&table->db, error);
    buckets_request_init(request, table->db.zone);
    for (int i = 0; i < N_ARGUMENTS && status == WATTLE_OK; i++) {
        if ((plan & PLAN_ARGUMENT(i)) == 0)
            continue;
        cursor->arguments[i] = sqlite3_value_dup(*argv);
        status = cursor->arguments[i] != NULL
                     ? readers[i](request, *argv++, error)
                     : error_memory(error);
    }
    bool is_named = request->query.selection.n_device_globs > 0;
    if (status == WATTLE_OK && (plan & PLAN_DEVICE_ID) != 0 && !is_named &&
        sqlite3_value_type(*argv) == SQLITE_TEXT)
        status = buckets_request_device(request, *argv, error);
    if ((plan & PLAN_POWERS) != 0)
        request->query.fields |= WATTLE_QUERY_POWER;
    return status;
}

static int
begin_rows(sqlite3_vtab_cursor *base, int plan, const char *names, int argc,
           sqlite3_value **argv)
{
    (void)names, (void)argc;
    struct buckets_cursor *cursor = (struct buckets_cursor *)base;
    struct sql_table *table = (struct sql_table *)base->pVtab;
    const struct bucket_request *request = &cursor->request.query;
    struct wattle_error error = {0};
    reset(cursor);
    if (read_arguments(cursor, plan, argv, &error) != WATTLE_OK)
        return fail(cursor, &error);
    if (request->selection.since_ms >= request->selection.until_ms)
        return SQLITE_OK;
    store_backend_init(&cursor->backend, &table->db);
    cursor->backend.is_inside = true;
    int status = bucket_cursor_open(&cursor->rows, &cursor->backend.base,
                                    request, &error);
    cursor->is_open = true;
    if (status == WATTLE_ERR_USAGE) /* there is no such device */
        return SQLITE_OK;
    return status == WATTLE_OK ? next_row(base) : fail(cursor, &error);
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
    int code = sql_table_enter(base->pVtab);
    if (code != SQLITE_OK)
        return code;
    code = next_row(base);
    sql_table_leave();
    return code;
}

static int
is_at_end(sqlite3_vtab_cursor *base)
{
    return !((struct buckets_cursor *)base)->has_row;
}

static void
set_start(const struct buckets_cursor *cursor, sqlite3_context *result,
          int number)
{
    char text[ZONE_TEXT_SIZE];
    if (cursor->row.public.start_ms == WATTLE_NO_TIME)
        return;
    if (number == BUCKETS_TIME) {
        sqlite3_result_int64(result, cursor->row.public.start_ms);
        return;
    }
    zone_format(cursor->request.query.rule.zone, cursor->row.public.start_ms,
                text);
    sqlite3_result_text(result, text, -1, SQLITE_TRANSIENT);
}

static int
column(sqlite3_vtab_cursor *base, sqlite3_context *result, int number)
{
    const struct buckets_cursor *cursor = (const struct buckets_cursor *)base;
    const struct wattle_query_figures *f = &cursor->row.figures;
    const double figures[] = {f->energy_kwh, f->mean_power_w, f->min_power_w,
                              f->max_power_w};
    if (number >= BUCKETS_ARGUMENT) {
        sqlite3_value *value = cursor->arguments[number - BUCKETS_ARGUMENT];
        if (value != NULL)
            sqlite3_result_value(result, value);
    } else if (number >= BUCKETS_ENERGY) {
        sqlite3_result_double(result, figures[number - BUCKETS_ENERGY]);
    } else if (number == BUCKETS_DEVICE) {
        sqlite3_result_text(result, cursor->row.public.device_id, -1,
                            SQLITE_TRANSIENT);
    } else if (number == BUCKETS_READINGS) {
        sqlite3_result_int64(result, (sqlite3_int64)f->n_readings);
    } else {
        set_start(cursor, result, number);
    }
    return SQLITE_OK;
}

/* Not asked for: the table is WITHOUT ROWID. */
static int
row_number(sqlite3_vtab_cursor *base, sqlite3_int64 *number)
{
    *number = ((struct buckets_cursor *)base)->row.public.start_ms;
    return SQLITE_OK;
}

const sqlite3_module buckets_table_module = {
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
