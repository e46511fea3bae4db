/*
 * reorder.c - filling and sorting runs; reorder_merge.c brings them out.
 *
 * A run is sorted by counting: first by device, keeping the input order,
 * then each device's part by time if it is not in order already (it often
 * is but for a few readings). Both steps are stable, so among equal times
 * input order remains.
 */
#include "analytics/reorder_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

#define DEFAULT_RUN_ROWS ((size_t)1 << 18)
#define KEEP_ROWS        ((size_t)1 << 16) /* smaller runs stay in memory */

struct reorder *
reorder_new(size_t run_rows)
{
    struct reorder *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return NULL;
    r->spill = (struct spill)SPILL_INIT;
    r->run_rows = run_rows != 0 ? run_rows : DEFAULT_RUN_ROWS;
    return r;
}

void
reorder_free(struct reorder *r)
{
    if (r == NULL)
        return;
    spill_release(&r->spill);
    free(r->records);
    free(r->spare);
    free(r->runs);
    free(r);
}

static bool
is_sorted(const struct reorder_record *records, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (records[i].time_ms < records[i - 1].time_ms)
            return false;
    }
    return true;
}

/* Merges two neighbouring sorted parts of `from` into `to`. */
static void
merge_parts(const struct reorder_record *from, size_t n_left, size_t n,
            struct reorder_record *to)
{
    size_t left = 0, right = n_left;
    for (size_t i = 0; i < n; i++) {
        bool take_left =
            left < n_left &&
            (right >= n || from[left].time_ms <= from[right].time_ms);
        to[i] = take_left ? from[left++] : from[right++];
    }
}

/* Stable merge sort by time, bottom up; the result is in `records`. */
static void
sort_by_time(struct reorder_record *records, struct reorder_record *spare,
             size_t n)
{
    struct reorder_record *from = records, *to = spare;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t part = n - at < 2 * width ? n - at : 2 * width;
            size_t left = part < width ? part : width;
            merge_parts(from + at, left, part, to + at);
        }
        struct reorder_record *swap = from;
        from = to;
        to = swap;
    }
    if (from != records)
        memcpy(records, from, n * sizeof(*records));
}

/* Moves records to `spare`, grouped by device; at[d] becomes d's end. */
static void
group_by_device(const struct reorder *r, size_t *at, size_t n_devices)
{
    for (size_t i = 0; i < r->n; i++)
        at[r->records[i].device + 1]++;
    for (size_t d = 1; d <= n_devices; d++)
        at[d] += at[d - 1];
    for (size_t i = 0; i < r->n; i++)
        r->spare[at[r->records[i].device]++] = r->records[i];
}

static int
sort_records(struct reorder *r)
{
    size_t n_devices = (size_t)r->max_device + 1;
    size_t *at = calloc(n_devices + 1, sizeof(*at));
    if (at == NULL)
        return WATTLE_ERR_MEMORY;
    group_by_device(r, at, n_devices);
    struct reorder_record *sorted = r->spare;
    r->spare = r->records;
    r->records = sorted;
    size_t start = 0;
    for (size_t d = 0; d < n_devices; d++) {
        if (!is_sorted(sorted + start, at[d] - start))
            sort_by_time(sorted + start, r->spare + start, at[d] - start);
        start = at[d];
    }
    free(at);
    return WATTLE_OK;
}

static int
spill(struct reorder *r, struct wattle_error *error)
{
    if (r->n == 0)
        return WATTLE_OK;
    struct reorder_run *runs =
        buffer_grow_array(r->runs, &r->run_cap, r->n_runs + 1, sizeof(*runs));
    if (runs == NULL)
        return error_memory(error);
    r->runs = runs;
    size_t size = r->n * sizeof(*r->records);
    const uint64_t begin = r->spill.n_bytes;
    int status = spill_append(&r->spill, r->records, size, error);
    if (status != WATTLE_OK)
        return status;
    r->runs[r->n_runs++] = (struct reorder_run){begin, r->n};
    r->n = 0;
    return WATTLE_OK;
}

static int
make_room(struct reorder *r, struct wattle_error *error)
{
    if (r->records == NULL) {
        r->records = malloc(r->run_rows * sizeof(*r->records));
        r->spare = malloc(r->run_rows * sizeof(*r->spare));
        if (r->records == NULL || r->spare == NULL)
            return error_memory(error);
    }
    if (r->n < r->run_rows)
        return WATTLE_OK;
    if (sort_records(r) != WATTLE_OK)
        return error_memory(error);
    return spill(r, error);
}

int
reorder_add(struct reorder *r, const struct batch_view *batch, size_t row,
            uint32_t device, struct wattle_error *error)
{
    int status = make_room(r, error);
    if (status != WATTLE_OK)
        return status;
    struct reorder_record *record = &r->records[r->n++];
    uint8_t has = 0;
    for (int c = 0; c < MEASURE_N_SUMMED; c++)
        has |= (uint8_t)(batch->columns[c] != NULL ? 1u << c : 0);
    if (batch->presence != NULL)
        has &= (uint8_t)batch->presence[row];
    *record = (struct reorder_record){
        .time_ms = batch->time_ms[row], .device = device, .presence = has};
    reorder_columns(has, record->column);
    for (int k = 0; k < REORDER_VALUES; k++) {
        int c = record->column[k];
        if (c == REORDER_NO_COLUMN)
            continue;
        record->value[k] = batch->columns[c][row];
        record->decimals[k] = batch->decimals[c];
    }
    if (device > r->max_device)
        r->max_device = device;
    return WATTLE_OK;
}

int
reorder_finish(struct reorder *r, struct wattle_error *error)
{
    int status = WATTLE_OK;
    if (r->n > 0)
        status = sort_records(r);
    if (status != WATTLE_OK)
        return error_memory(error);
    if (r->n_runs > 0 || r->n > KEEP_ROWS)
        status = spill(r, error);
    free(r->spare);
    r->spare = NULL;
    if (r->n == 0) {
        free(r->records);
        r->records = NULL;
        return status;
    }
    void *shrunk = realloc(r->records, r->n * sizeof(*r->records));
    if (shrunk != NULL)
        r->records = shrunk;
    return status;
}

void
reorder_columns(uint8_t presence, uint8_t column[REORDER_VALUES])
{
    const uint8_t power = 1u << WATTLE_POWER;
    const uint8_t energy = 1u << WATTLE_ENERGY;
    const uint8_t voltage = 1u << WATTLE_VOLTAGE;
    const uint8_t both = 1u << WATTLE_CURRENT | 1u << WATTLE_POWER_FACTOR;
    memset(column, REORDER_NO_COLUMN, REORDER_VALUES);
    if ((presence & power) != 0)
        column[0] = WATTLE_POWER;
    else if ((presence & voltage) != 0 && (presence & both) == both)
        column[0] = WATTLE_VOLTAGE;
    else if ((presence & energy) != 0)
        column[0] = WATTLE_ENERGY;
    if ((presence & both) == both) {
        column[1] = WATTLE_CURRENT;
        column[2] = WATTLE_POWER_FACTOR;
    }
}
