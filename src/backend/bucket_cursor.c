/*
 * bucket_cursor.c - reads one device after the other, and hands out what is
 * final of its buckets, so that memory holds few of them.
 *
 * It knows no SQL: devices and readings come through struct backend_ops, so
 * the same rows come from any back end.
 */
#include "backend/bucket_cursor.h"

#include <assert.h>
#include <math.h>

#include "analytics/totals.h"
#include "analytics/quotient.h"
#include "base/civil_time.h"
#include "base/decimal.h"
#include "base/error.h"

#define HAS(column) MEASURE_BIT(column)

/* The columns that the figures are made of. */
static uint32_t
columns_for(const struct bucket_request *request)
{
    const unsigned fields = request->fields;
    uint32_t columns = 0;
    if ((fields &
         (WATTLE_QUERY_POWER | WATTLE_QUERY_ENERGY | WATTLE_QUERY_READING_MEAN |
          WATTLE_QUERY_IMPORTED | WATTLE_QUERY_RETURNED)) != 0)
        columns |= HAS(WATTLE_VOLTAGE) | HAS(WATTLE_CURRENT) |
                   HAS(WATTLE_POWER_FACTOR) | HAS(WATTLE_POWER) |
                   HAS(WATTLE_ENERGY);
    if ((fields & WATTLE_QUERY_EFFICIENCY) != 0)
        columns |= HAS(WATTLE_CURRENT) | HAS(WATTLE_POWER_FACTOR);
    for (int c = 0; c < BUCKET_COLUMNS; c++)
        columns |= bucket_wants(fields, c) ? HAS(c) : 0;
    if ((fields & WATTLE_QUERY_METERS) != 0)
        columns |= MEASURE_ENERGIES;
    return columns;
}

static void
set_up(struct bucket_cursor *cursor, struct backend *backend,
       const struct bucket_request *request)
{
    *cursor = (struct bucket_cursor){.backend = backend, .request = request};
    const struct buckets_options how = {
        .rule = request->rule,
        .since_ms = request->selection.since_ms,
        .until_ms = request->selection.until_ms,
        .max_gap_ms = request->max_gap_ms,
        .fields = request->fields,
        .no_cache = request->no_cache,
        .kernels = request->kernels,
    };
    if (!isnan(request->rate_per_kwh))
        tariff_init(&cursor->tariff, request->rate_per_kwh,
                    request->return_rate_per_kwh);
    buckets_init(&cursor->buckets, &how);
    bucket_list_init(&cursor->total);
}

int
bucket_cursor_open(struct bucket_cursor *cursor, struct backend *backend,
                   const struct bucket_request *request,
                   struct wattle_error *error)
{
    set_up(cursor, backend, request);
    int status = backend->ops->begin(backend, &cursor->has_snapshot, error);
    if (status == WATTLE_OK)
        status = backend->ops->devices(backend, &request->selection,
                                       &cursor->devices, error);
    cursor->columns = columns_for(request);
    for (size_t i = 0; i < cursor->devices.n; i++) {
        if (cursor->devices.items[i].has_energies)
            cursor->columns |= MEASURE_ENERGIES | HAS(WATTLE_SPAN);
    }
    return status;
}

void
bucket_cursor_close(struct bucket_cursor *cursor)
{
    if (cursor->backend == NULL)
        return;
    cursor->backend->ops->close(cursor->scan);
    buckets_release(&cursor->buckets);
    buckets_meter_release(&cursor->by_meter);
    bucket_list_release(&cursor->total);
    device_list_release(&cursor->devices);
    if (cursor->has_snapshot)
        cursor->backend->ops->end(cursor->backend);
}

/* ---- reading ------------------------------------------------------------ */

/* ---- coverage ----------------------------------------------------------- */

/* A final bucket of the device. */
static void
note_coverage(struct bucket_cursor *cursor, const struct bucket *bucket)
{
    struct coverage *c = &cursor->coverage;
    if (bucket->n_readings > 0) {
        if (c->n_readings == 0 || bucket->first_ms < c->first_ms)
            c->first_ms = bucket->first_ms;
        if (c->n_readings == 0 || bucket->last_ms > c->last_ms)
            c->last_ms = bucket->last_ms;
    }
    c->n_readings += bucket->n_readings;
    c->covered_ms += bucket->covered_ms;
}

/*
 * The device has ended: is most of its energy missing? A holiday is no reason,
 * but gaps on every other day are (the same as in findings.c).
 */
static void
judge_coverage(struct bucket_cursor *cursor)
{
    const struct coverage c = cursor->coverage;
    const uint64_t n_gaps = cursor->buckets.n_gaps;
    const int64_t span_ms = c.last_ms - c.first_ms;
    const bool is_rare =
        !cursor->is_metered &&
        (n_gaps < 2 || 2 * (double)n_gaps * CIVIL_MS_PER_DAY < (double)span_ms);
    const bool has_steps = !cursor->request->is_raw &&
                           buckets_have_steps(&cursor->buckets.options);
    cursor->coverage = (struct coverage){0};
    cursor->buckets.n_gaps = 0;
    if (!has_steps || c.n_readings < 3 || 2 * c.covered_ms >= span_ms ||
        is_rare)
        return;
    if (cursor->n_sparse++ == 0)
        cursor->first_sparse = cursor->device;
}

/* Begins to read a device. */
static int
begin_scan(struct bucket_cursor *cursor, int64_t since_ms, int64_t until_ms,
           struct wattle_error *error)
{
    const struct scan_request range = {.device = cursor->device->number,
                                       .since_ms = since_ms,
                                       .until_ms = until_ms,
                                       .columns = cursor->columns};
    cursor->batch.n_rows = cursor->row = 0;
    return cursor->backend->ops->scan(cursor->backend, &range, &cursor->scan,
                                      error);
}

/* For assertions: the promise of backend_ops.next. */
static inline bool
ascends(const struct batch_view *batch)
{
    for (size_t i = 1; i < batch->n_rows; i++) {
        if (batch->time_ms[i] <= batch->time_ms[i - 1])
            return false;
    }
    return batch->n_rows <= 1024;
}

/* Makes sure that there are rows to take; *is_ended when there are none. */
static int
read_batch(struct bucket_cursor *cursor, bool *is_ended,
           struct wattle_error *error)
{
    int status = WATTLE_OK;
    if (cursor->row == cursor->batch.n_rows) {
        cursor->row = 0;
        cursor->batch.n_rows = 0;
        status =
            cursor->backend->ops->next(cursor->scan, &cursor->batch, error);
    }
    assert(status != WATTLE_OK || ascends(&cursor->batch));
    *is_ended = status == WATTLE_OK && cursor->batch.n_rows == 0;
    return status;
}

/* What a meter has to know first: two passes over all readings. */
static int
survey_device(struct bucket_cursor *cursor, struct wattle_error *error)
{
    struct buckets_meter *by_meter = &cursor->by_meter;
    int status = WATTLE_OK;
    buckets_meter_begin(by_meter, &cursor->buckets, cursor->request->holds);
    while (status == WATTLE_OK && by_meter->meter.phase < METER_ADD) {
        bool is_ended = false;
        status = begin_scan(cursor, INT64_MIN, INT64_MAX, error);
        while (status == WATTLE_OK && !is_ended) {
            status = read_batch(cursor, &is_ended, error);
            if (status != WATTLE_OK)
                break;
            if ((is_ended ? buckets_meter_end_phase(by_meter)
                          : buckets_meter_add(by_meter, &cursor->batch,
                                              &cursor->row)) != WATTLE_OK)
                status = error_memory(error);
        }
    }
    return status;
}

/*
 * Begins with a device; steps over the ends of the range need neighbours, and
 * a meter needs all readings.
 */
static int
begin_device(struct bucket_cursor *cursor, struct wattle_error *error)
{
    const struct buckets_options *how = &cursor->buckets.options;
    const bool has_steps = !cursor->request->is_raw && buckets_have_steps(how);
    const int64_t around_ms = has_steps ? how->max_gap_ms : 0;
    judge_coverage(cursor); /* of the one before */
    cursor->device = &cursor->devices.items[cursor->next_device++];
    cursor->is_metered =
        has_steps && (cursor->request->holds || cursor->device->has_energies);
    buckets_begin(&cursor->buckets);
    if (cursor->is_metered) {
        int status = survey_device(cursor, error);
        return status == WATTLE_OK
                   ? begin_scan(cursor, INT64_MIN, INT64_MAX, error)
                   : status;
    }
    return begin_scan(
        cursor,
        how->since_ms != INT64_MIN ? how->since_ms - around_ms : INT64_MIN,
        how->until_ms != INT64_MAX ? how->until_ms + around_ms : INT64_MAX,
        error);
}

/*
 * Adds the rows at hand, or what is left at the end of a device; *n_final
 * becomes the number of buckets that are final.
 */
static int
add_batch(struct bucket_cursor *cursor, bool is_ended, size_t *n_final,
          struct wattle_error *error)
{
    const struct bucket_list *list = &cursor->buckets.list;
    int status = WATTLE_OK;
    if (cursor->is_metered) {
        status = is_ended ? buckets_meter_end_phase(&cursor->by_meter)
                          : buckets_meter_add(&cursor->by_meter, &cursor->batch,
                                              &cursor->row);
        *n_final = buckets_meter_final(&cursor->by_meter);
    } else {
        if (!is_ended)
            status =
                buckets_add(&cursor->buckets, &cursor->batch, &cursor->row);
        *n_final = is_ended || list->n == 0 ? list->n : list->n - 1;
    }
    if (status == WATTLE_ERR_USAGE)
        return error_set(error, status,
                         "the buckets are too small: a step of the device %s "
                         "lasts longer than %d of them",
                         cursor->device->id, BUCKETS_METER_MOST);
    return status == WATTLE_OK ? status : error_memory(error);
}

/* Reads on until some bucket of the present device is final. */
static int
read_buckets(struct bucket_cursor *cursor, struct wattle_error *error)
{
    struct bucket_list *list = &cursor->buckets.list;
    bucket_list_drop(list, cursor->n_final);
    cursor->next_bucket = cursor->n_final = 0;
    while (cursor->n_final == 0 && !cursor->is_ended) {
        int status = read_batch(cursor, &cursor->is_ended, error);
        if (status != WATTLE_OK)
            return status;
        status = add_batch(cursor, cursor->is_ended, &cursor->n_final, error);
        if (status != WATTLE_OK)
            return status;
    }
    return WATTLE_OK;
}

/* Adds up all devices. */
static int
read_total(struct bucket_cursor *cursor, struct wattle_error *error)
{
    while (cursor->next_device < cursor->devices.n) {
        int status = begin_device(cursor, error);
        for (bool is_ended = false; status == WATTLE_OK && !is_ended;) {
            status = read_batch(cursor, &is_ended, error);
            if (status != WATTLE_OK)
                break;
            size_t n_final;
            status = add_batch(cursor, is_ended, &n_final, error);
            if (status != WATTLE_OK)
                break;
            struct bucket_list *list = &cursor->buckets.list;
            bool is_due = is_ended || list->n >= BUCKETS_ENOUGH;
            for (size_t i = 0; is_due && i < n_final; i++)
                note_coverage(cursor, &list->items[i]);
            if (is_due && bucket_list_merge(&cursor->total, list, n_final) != 0)
                return error_memory(error);
        }
        if (status != WATTLE_OK)
            return status;
    }
    judge_coverage(cursor);
    cursor->n_final = cursor->total.n;
    cursor->is_ended = true;
    return WATTLE_OK;
}

/* ---- rows --------------------------------------------------------------- */

static void
name_row(const struct bucket_cursor *cursor, struct query_row *row)
{
    bool is_total = cursor->request->is_total;
    row->public = (struct wattle_query_row){
        .figures = &row->figures,
        .device_id = is_total ? NULL : cursor->device->id,
        .name = is_total ? NULL : cursor->device->name,
        .location = is_total ? NULL : cursor->device->location,
    };
}

static void
set_cost(const struct bucket_cursor *cursor, const struct energy_sum *energy,
         const struct energy_sum *returned, struct wattle_query_figures *f)
{
    if (!isnan(cursor->request->rate_per_kwh))
        f->cost = tariff_cost(&cursor->tariff, energy, returned);
}

static void
set_bucket(const struct bucket_cursor *cursor, const struct bucket *bucket,
           struct query_row *row)
{
    const struct bucket_request *request = cursor->request;
    name_row(cursor, row);
    row->public.start_ms = bucket->range.start_ms;
    row->public.end_ms = bucket->range.end_ms;
    if (cursor->buckets.options.rule.kind == BUCKET_WHOLE) {
        bool is_empty = bucket->n_readings == 0;
        row->public.start_ms = is_empty ? WATTLE_NO_TIME : bucket->first_ms;
        row->public.end_ms = is_empty ? WATTLE_NO_TIME : bucket->last_ms;
        if (selection_has_since(&request->selection))
            row->public.start_ms = request->selection.since_ms;
        if (selection_has_until(&request->selection))
            row->public.end_ms = request->selection.until_ms;
    }
    const struct energy_sum energy = bucket_energy(bucket);
    const struct energy_sum returned = bucket_returned(bucket);
    bucket_figures(bucket, request->fields, &row->figures);
    set_cost(cursor, &energy, &returned, &row->figures);
}

/* A row for a bucket of which nothing is known, and on to the next. */
static void
set_hole(struct bucket_cursor *cursor, struct query_row *row)
{
    struct bucket empty;
    struct wattle_query_figures *f = &row->figures;
    bucket_init(&empty, bucket_rule_range(&cursor->buckets.options.rule,
                                          cursor->fill_ms));
    set_bucket(cursor, &empty, row);
    cursor->fill_ms = empty.range.end_ms;
    if (cursor->request->fill == WATTLE_FILL_ZERO)
        *f = (struct wattle_query_figures){0};
    else
        f->energy_kwh = f->imported_kwh = f->returned_kwh = f->cost = NAN;
}

/* What holes there may be in the list that begins. */
static void
begin_filling(struct bucket_cursor *cursor)
{
    const struct bucket_request *request = cursor->request;
    const struct buckets_options *how = &cursor->buckets.options;
    cursor->fill_ms = INT64_MAX;
    cursor->fill_end_ms = INT64_MIN;
    if (request->fill == WATTLE_FILL_NONE)
        return;
    if (how->rule.kind == BUCKET_WHOLE) {
        cursor->fill_ms = INT64_MIN;
        cursor->fill_end_ms = INT64_MAX;
        return;
    }
    if (selection_has_since(&request->selection))
        cursor->fill_ms =
            bucket_rule_range(&how->rule, request->selection.since_ms).start_ms;
    if (selection_has_until(&request->selection))
        cursor->fill_end_ms = request->selection.until_ms;
}

static bool
begin_list(struct bucket_cursor *cursor, int *status,
           struct wattle_error *error)
{
    bool is_total = cursor->request->is_total;
    if (cursor->next_device == cursor->devices.n) {
        judge_coverage(cursor);
        return false;
    }
    cursor->list = is_total ? &cursor->total : &cursor->buckets.list;
    cursor->next_bucket = cursor->n_final = 0;
    cursor->is_begun = true;
    cursor->is_ended = false;
    begin_filling(cursor);
    *status =
        is_total ? read_total(cursor, error) : begin_device(cursor, error);
    return true;
}

/* The next row of the list; false when there is none so far. */
static bool
take_bucket(struct bucket_cursor *cursor, struct query_row *row)
{
    if (cursor->next_bucket == cursor->n_final) {
        bool is_hole =
            cursor->is_ended && cursor->fill_ms < cursor->fill_end_ms;
        if (is_hole)
            set_hole(cursor, row);
        return is_hole;
    }
    const struct bucket *bucket = &cursor->list->items[cursor->next_bucket];
    if (cursor->fill_ms < bucket->range.start_ms) {
        set_hole(cursor, row);
        return true;
    }
    set_bucket(cursor, bucket, row);
    if (!cursor->request->is_total)
        note_coverage(cursor, bucket);
    if (cursor->request->fill != WATTLE_FILL_NONE)
        cursor->fill_ms = bucket->range.end_ms;
    cursor->next_bucket++;
    return true;
}

static int
next_bucket_row(struct bucket_cursor *cursor, struct query_row *row,
                bool *is_row, struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (*is_row = false; status == WATTLE_OK;) {
        if (!cursor->is_begun && !begin_list(cursor, &status, error))
            break;
        if (status != WATTLE_OK)
            break;
        *is_row = take_bucket(cursor, row);
        if (*is_row)
            break;
        if (cursor->is_ended)
            cursor->is_begun = false;
        else
            status = read_buckets(cursor, error);
    }
    return status;
}

/* ---- raw rows ----------------------------------------------------------- */

/* What a reading says of a measure; NaN = nothing. */
static double
value_of(const struct bucket_cursor *cursor, unsigned measure)
{
    const struct batch_view *batch = &cursor->batch;
    const bool is_there = batch->columns[measure] != NULL &&
                          (batch->presence == NULL ||
                           (batch->presence[cursor->row] >> measure & 1) != 0);
    if (!is_there)
        return NAN;
    return int128_ratio(
        batch->columns[measure][cursor->row],
        (uint64_t)decimal_power_of_ten(batch->decimals[measure]));
}

static int
set_reading(const struct bucket_cursor *cursor, struct query_row *row)
{
    const struct bucket_request *request = cursor->request;
    struct wattle_query_figures *f = &row->figures;
    struct reading reading;
    struct bucket bucket;
    if ((request->fields & WATTLE_QUERY_EFFICIENCY) != 0)
        reading_from_row(&reading, &cursor->batch, cursor->row,
                         (struct rating){request->no_cache, true});
    else
        reading_power_from_row(&reading, &cursor->batch, cursor->row);
    int64_t time_ms = reading.point.time_ms;
    bucket_init(&bucket, (struct bucket_range){time_ms, time_ms});
    int status = bucket_add_reading(&bucket, &reading);
    if (status == WATTLE_OK) {
        bucket_add_values(&bucket, &cursor->batch, cursor->row,
                          request->fields);
        set_bucket(cursor, &bucket, row);
    }
    bucket_release(&bucket);
    f->mean_power_w = f->max_power_w; /* of one reading */
    f->min_power_w = f->max_power_w = f->reading_mean_w = NAN;
    /* its own, also where a power says more about the time around it */
    unsigned has = reading_columns(&cursor->batch, cursor->row);
    f->energy_kwh = f->cost = NAN;
    f->energy_returned_wh = value_of(cursor, WATTLE_ENERGY_RETURNED);
    f->energy_total_wh = value_of(cursor, WATTLE_ENERGY_TOTAL);
    f->energy_returned_total_wh =
        value_of(cursor, WATTLE_ENERGY_RETURNED_TOTAL);
    if ((request->fields & WATTLE_QUERY_ENERGY) != 0 &&
        (has >> WATTLE_ENERGY & 1) != 0) {
        const struct energy_sum energy = {
            .units = reading_units(&cursor->batch, WATTLE_ENERGY, cursor->row)};
        f->energy_kwh = quotient_kwh_of_parts(&energy);
        f->energy_wh = quotient_kwh(energy.units * 1000, int256_from(0));
        const struct energy_sum none = {0};
        set_cost(cursor, &energy, &none, f);
    }
    row->public.start_ms = row->public.end_ms = time_ms;
    return status;
}

static int
next_raw_row(struct bucket_cursor *cursor, struct query_row *row, bool *is_row,
             struct wattle_error *error)
{
    for (*is_row = false;;) {
        if (!cursor->is_begun) {
            if (cursor->next_device == cursor->devices.n)
                return WATTLE_OK;
            int status = begin_device(cursor, error);
            if (status != WATTLE_OK)
                return status;
            cursor->is_begun = true;
        }
        bool is_ended;
        int status = read_batch(cursor, &is_ended, error);
        if (status != WATTLE_OK)
            return status;
        if (!is_ended)
            break;
        cursor->is_begun = false;
    }
    if (set_reading(cursor, row) != WATTLE_OK)
        return error_memory(error);
    cursor->row++;
    *is_row = true;
    return WATTLE_OK;
}

int
bucket_cursor_next(struct bucket_cursor *cursor, struct query_row *row,
                   bool *is_row, struct wattle_error *error)
{
    return cursor->request->is_raw
               ? next_raw_row(cursor, row, is_row, error)
               : next_bucket_row(cursor, row, is_row, error);
}
