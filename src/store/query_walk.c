/*
 * query_walk.c - scans into buckets into rows.
 */
#include "store/query_walk.h"

#include <math.h>

#include "analytics/account.h"
#include "analytics/quotient.h"
#include "base/error.h"

#define HAS(column) (1u << (column))

/* The columns that the figures are made of. */
static uint8_t
columns_for(unsigned what)
{
    unsigned columns = 0;
    if ((what & (WATTLE_QUERY_POWER | WATTLE_QUERY_ENERGY)) != 0)
        columns |= HAS(WATTLE_VOLTAGE) | HAS(WATTLE_CURRENT) |
                   HAS(WATTLE_POWER_FACTOR) | HAS(WATTLE_POWER) |
                   HAS(WATTLE_ENERGY);
    if ((what & WATTLE_QUERY_EFFICIENCY) != 0)
        columns |= HAS(WATTLE_CURRENT) | HAS(WATTLE_POWER_FACTOR);
    for (int c = 0; c < BUCKET_COLUMNS; c++)
        columns |= bucket_wants(what, c) ? HAS(c) : 0;
    return (uint8_t)columns;
}

static void
set_up(struct query_walk *walk, struct database *db,
       const struct bucket_request *request)
{
    *walk = (struct query_walk){.db = db, .request = request};
    const struct buckets_options how = {
        .rule = request->rule,
        .since_ms = request->selection.since_ms,
        .until_ms = request->selection.until_ms,
        .max_gap_ms = request->max_gap_ms,
        .what = request->what,
        .no_memo = request->no_memo,
        .kernels = request->kernels,
    };
    buckets_init(&walk->buckets, &how);
    bucket_list_init(&walk->total);
}

int
query_walk_open(struct query_walk *walk, struct database *db,
                const struct bucket_request *request,
                struct wattle_error *error)
{
    set_up(walk, db, request);
    if (sqlite3_get_autocommit(db->handle)) { /* no query before is open */
        int status = database_run(db, "BEGIN", error);
        if (status != WATTLE_OK)
            return status;
        walk->has_snapshot = true;
    }
    return query_devices_find(&walk->devices, db, &request->selection, error);
}

int
query_walk_open_inside(struct query_walk *walk, struct database *db,
                       const struct bucket_request *request,
                       struct wattle_error *error)
{
    set_up(walk, db, request);
    return query_devices_find(&walk->devices, db, &request->selection, error);
}

void
query_walk_close(struct query_walk *walk)
{
    device_scan_close(walk->scan);
    buckets_release(&walk->buckets);
    bucket_list_release(&walk->total);
    query_devices_release(&walk->devices);
    if (walk->has_snapshot)
        database_run(walk->db, "COMMIT", NULL);
}

/* ---- reading ------------------------------------------------------------ */

/* Begins with a device; steps over the ends of the range need neighbours. */
static int
begin_device(struct query_walk *walk, struct wattle_error *error)
{
    const struct buckets_options *how = &walk->buckets.options;
    bool has_steps = !walk->request->is_raw &&
                     (walk->request->what & WATTLE_QUERY_ENERGY) != 0;
    int64_t around_ms = has_steps ? how->max_gap_ms : 0;
    walk->device = &walk->devices.items[walk->next_device++];
    const struct device_scan_range range = {
        .device = walk->device->number,
        .since_ms =
            how->since_ms != INT64_MIN ? how->since_ms - around_ms : INT64_MIN,
        .until_ms =
            how->until_ms != INT64_MAX ? how->until_ms + around_ms : INT64_MAX,
        .columns = columns_for(walk->request->what),
    };
    walk->batch.n_rows = walk->row = 0;
    buckets_begin(&walk->buckets);
    if (walk->scan == NULL)
        return device_scan_open(&walk->scan, walk->db, &range, error);
    return device_scan_restart(walk->scan, &range, error);
}

/* Makes sure that there are rows to take; *is_ended when there are none. */
static int
read_batch(struct query_walk *walk, bool *is_ended, struct wattle_error *error)
{
    int status = WATTLE_OK;
    if (walk->row == walk->batch.n_rows) {
        walk->row = 0;
        walk->batch.n_rows = 0;
        status = device_scan_next(walk->scan, &walk->batch, error);
    }
    *is_ended = status == WATTLE_OK && walk->batch.n_rows == 0;
    return status;
}

/* Reads on until some bucket of the present device is final. */
static int
read_buckets(struct query_walk *walk, struct wattle_error *error)
{
    struct bucket_list *list = &walk->buckets.list;
    bucket_list_drop(list, walk->n_final);
    walk->next_bucket = walk->n_final = 0;
    while (walk->n_final == 0 && !walk->is_ended) {
        int status = read_batch(walk, &walk->is_ended, error);
        if (status != WATTLE_OK)
            return status;
        if (!walk->is_ended &&
            buckets_add(&walk->buckets, &walk->batch, &walk->row) != WATTLE_OK)
            return error_memory(error);
        walk->n_final = walk->is_ended || list->n == 0 ? list->n : list->n - 1;
    }
    return WATTLE_OK;
}

/* Adds up all devices. */
static int
read_total(struct query_walk *walk, struct wattle_error *error)
{
    while (walk->next_device < walk->devices.n) {
        int status = begin_device(walk, error);
        for (bool is_ended = false; status == WATTLE_OK && !is_ended;) {
            status = read_batch(walk, &is_ended, error);
            if (status != WATTLE_OK)
                break;
            if (!is_ended &&
                buckets_add(&walk->buckets, &walk->batch, &walk->row) != 0)
                return error_memory(error);
            bool is_due = is_ended || walk->buckets.list.n >= BUCKETS_ENOUGH;
            if (is_due &&
                bucket_list_merge(&walk->total, &walk->buckets.list) != 0)
                return error_memory(error);
        }
        if (status != WATTLE_OK)
            return status;
    }
    walk->n_final = walk->total.n;
    walk->is_ended = true;
    return WATTLE_OK;
}

/* ---- rows --------------------------------------------------------------- */

static void
name_row(const struct query_walk *walk, struct query_row *row)
{
    bool is_total = walk->request->is_total;
    row->public = (struct wattle_query_row){
        .figures = &row->figures,
        .device_id = is_total ? NULL : walk->device->id,
        .name = is_total ? NULL : walk->device->name,
        .location = is_total ? NULL : walk->device->location,
    };
}

static void
set_cost(const struct query_walk *walk, struct wattle_query_figures *f)
{
    f->cost = f->energy_kwh * walk->request->rate_per_kwh;
}

static void
set_bucket(const struct query_walk *walk, const struct bucket *bucket,
           struct query_row *row)
{
    const struct bucket_request *request = walk->request;
    name_row(walk, row);
    row->public.start_ms = bucket->range.start_ms;
    row->public.end_ms = bucket->range.end_ms;
    if (walk->buckets.options.rule.kind == BUCKET_WHOLE) {
        bool is_empty = bucket->n_readings == 0;
        row->public.start_ms = is_empty ? WATTLE_NO_TIME : bucket->first_ms;
        row->public.end_ms = is_empty ? WATTLE_NO_TIME : bucket->last_ms;
        if (selection_has_since(&request->selection))
            row->public.start_ms = request->selection.since_ms;
        if (selection_has_until(&request->selection))
            row->public.end_ms = request->selection.until_ms;
    }
    bucket_figures(bucket, request->what, &row->figures);
    set_cost(walk, &row->figures);
}

/* A row for a bucket of which nothing is known, and on to the next. */
static void
set_hole(struct query_walk *walk, struct query_row *row)
{
    struct bucket empty;
    struct wattle_query_figures *f = &row->figures;
    bucket_init(&empty,
                bucket_rule_range(&walk->buckets.options.rule, walk->fill_ms));
    set_bucket(walk, &empty, row);
    walk->fill_ms = empty.range.end_ms;
    if (walk->request->fill == WATTLE_FILL_ZERO)
        *f = (struct wattle_query_figures){0};
    else
        f->energy_kwh = f->cost = NAN;
}

/* What holes there may be in the list that begins. */
static void
begin_filling(struct query_walk *walk)
{
    const struct bucket_request *request = walk->request;
    const struct buckets_options *how = &walk->buckets.options;
    walk->fill_ms = INT64_MAX;
    walk->fill_end_ms = INT64_MIN;
    if (request->fill == WATTLE_FILL_NONE)
        return;
    if (how->rule.kind == BUCKET_WHOLE) {
        walk->fill_ms = INT64_MIN;
        walk->fill_end_ms = INT64_MAX;
        return;
    }
    if (selection_has_since(&request->selection))
        walk->fill_ms =
            bucket_rule_range(&how->rule, request->selection.since_ms).start_ms;
    if (selection_has_until(&request->selection))
        walk->fill_end_ms = request->selection.until_ms;
}

static bool
begin_list(struct query_walk *walk, int *status, struct wattle_error *error)
{
    bool is_total = walk->request->is_total;
    if (walk->next_device == walk->devices.n)
        return false;
    walk->list = is_total ? &walk->total : &walk->buckets.list;
    walk->next_bucket = walk->n_final = 0;
    walk->is_begun = true;
    walk->is_ended = false;
    begin_filling(walk);
    *status = is_total ? read_total(walk, error) : begin_device(walk, error);
    return true;
}

/* The next row of the list; false when there is none so far. */
static bool
take_bucket(struct query_walk *walk, struct query_row *row)
{
    if (walk->next_bucket == walk->n_final) {
        bool is_hole = walk->is_ended && walk->fill_ms < walk->fill_end_ms;
        if (is_hole)
            set_hole(walk, row);
        return is_hole;
    }
    const struct bucket *bucket = &walk->list->items[walk->next_bucket];
    if (walk->fill_ms < bucket->range.start_ms) {
        set_hole(walk, row);
        return true;
    }
    set_bucket(walk, bucket, row);
    if (walk->request->fill != WATTLE_FILL_NONE)
        walk->fill_ms = bucket->range.end_ms;
    walk->next_bucket++;
    return true;
}

static int
next_bucket_row(struct query_walk *walk, struct query_row *row, bool *is_row,
                struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (*is_row = false; status == WATTLE_OK;) {
        if (!walk->is_begun && !begin_list(walk, &status, error))
            break;
        if (status != WATTLE_OK)
            break;
        *is_row = take_bucket(walk, row);
        if (*is_row)
            break;
        if (walk->is_ended)
            walk->is_begun = false;
        else
            status = read_buckets(walk, error);
    }
    return status;
}

/* ---- raw rows ----------------------------------------------------------- */

static int
set_reading(const struct query_walk *walk, struct query_row *row)
{
    const struct bucket_request *request = walk->request;
    struct wattle_query_figures *f = &row->figures;
    struct reading reading;
    struct bucket bucket;
    if ((request->what & WATTLE_QUERY_EFFICIENCY) != 0)
        reading_from_row(&reading, &walk->batch, walk->row, request->no_memo);
    else
        reading_power_from_row(&reading, &walk->batch, walk->row);
    int64_t time_ms = reading.point.time_ms;
    bucket_init(&bucket, (struct bucket_range){time_ms, time_ms});
    int status = bucket_add_reading(&bucket, &reading);
    if (status == WATTLE_OK) {
        bucket_add_values(&bucket, &walk->batch, walk->row, request->what);
        set_bucket(walk, &bucket, row);
    }
    bucket_release(&bucket);
    f->min_power_w = f->max_power_w = NAN;
    /* its own, also where a power says more about the time around it */
    unsigned has = reading_columns(&walk->batch, walk->row);
    f->energy_kwh = NAN;
    if ((request->what & WATTLE_QUERY_ENERGY) != 0 &&
        (has >> WATTLE_ENERGY & 1) != 0) {
        int128 energy = reading_energy(&walk->batch, walk->row);
        f->energy_kwh = quotient_kwh(energy, int256_from(0));
        f->energy_wh = quotient_kwh(energy * 1000, int256_from(0));
    }
    set_cost(walk, f);
    row->public.start_ms = row->public.end_ms = time_ms;
    return status;
}

static int
next_raw_row(struct query_walk *walk, struct query_row *row, bool *is_row,
             struct wattle_error *error)
{
    for (*is_row = false;;) {
        if (!walk->is_begun) {
            if (walk->next_device == walk->devices.n)
                return WATTLE_OK;
            int status = begin_device(walk, error);
            if (status != WATTLE_OK)
                return status;
            walk->is_begun = true;
        }
        bool is_ended;
        int status = read_batch(walk, &is_ended, error);
        if (status != WATTLE_OK)
            return status;
        if (!is_ended)
            break;
        walk->is_begun = false;
    }
    if (set_reading(walk, row) != WATTLE_OK)
        return error_memory(error);
    walk->row++;
    *is_row = true;
    return WATTLE_OK;
}

int
query_walk_next(struct query_walk *walk, struct query_row *row, bool *is_row,
                struct wattle_error *error)
{
    return walk->request->is_raw ? next_raw_row(walk, row, is_row, error)
                                 : next_bucket_row(walk, row, is_row, error);
}
