/*
 * buckets_block.c - the quick way into buckets.
 *
 * A block of ordinary rows (reading_block.h) is cut into runs of one bucket.
 * The step that leads to a run is taken the general way; all others of the
 * run stay in its bucket and are added in one loop.
 */
#include "analytics/buckets_block.h"

#include "analytics/energy_split.h"
#include "analytics/efficiency_fine.h"
#include "analytics/reading.h"
#include "analytics/reading_block.h"
#include "base/decimal.h"
#include "wattle/error.h"

/* Up to this, sums of a block fit in 64 bits: 2^10 * 1e9 * 1e6. */
#define MAX_DECIMALS 6

struct bucket_block {
    struct buckets *buckets;
    struct batch_view batch;
    const int64_t *power_nw;
    bool has_efficiency;               /* wanted, and there is one */
    bool has_returned;                 /* some powers are below zero */
    int64_t unit_nano[BUCKET_COLUMNS]; /* of their values; 0 = not wanted */
};

/* The part of a batch from a row on. */
static struct batch_view
rest_of(const struct batch_view *batch, size_t row)
{
    struct batch_view rest = *batch;
    rest.n_rows -= row;
    rest.device = batch->device != NULL ? batch->device + row : NULL;
    rest.time_ms += row;
    for (int c = 0; c < MEASURE_N; c++) {
        if (rest.columns[c] != NULL)
            rest.columns[c] += row;
    }
    return rest;
}

static bool
is_short(const struct batch_view *batch)
{
    for (int c = 0; c < BUCKET_COLUMNS; c++) {
        if (batch->columns[c] != NULL && batch->decimals[c] > MAX_DECIMALS)
            return false;
    }
    return true;
}

/* The powers of rows [from, to) and the energy of the steps between them. */
static void
add_powers(struct bucket *bucket, const struct bucket_block *b, size_t from,
           size_t to)
{
    const int64_t *time_ms = b->batch.time_ms;
    const struct buckets_options *o = &b->buckets->options;
    int64_t max_gap_ms = buckets_have_steps(o) ? o->max_gap_ms : INT64_MIN;
    int64_t covered_ms = 0;
    int64_t before_nw = b->power_nw[from];
    int64_t min_nw = before_nw, max_nw = before_nw;
    int64_t sum_nw = before_nw; /* of 2^10 below 2^53 */
    int128 energy = 0;
    uint64_t n_gaps = 0;
    for (size_t i = from + 1; i < to; i++) {
        int64_t nw = b->power_nw[i];
        int64_t dt = time_ms[i] - time_ms[i - 1];
        n_gaps += dt > max_gap_ms ? 1 : 0;
        dt = dt <= max_gap_ms ? dt : 0;
        sum_nw += nw;
        min_nw = nw < min_nw ? nw : min_nw;
        max_nw = nw > max_nw ? nw : max_nw;
        energy += (int128)(before_nw + nw) * dt;
        covered_ms += dt;
        before_nw = nw;
    }
    if (min_nw < bucket->min_nw)
        bucket->min_nw = min_nw;
    if (max_nw > bucket->max_nw)
        bucket->max_nw = max_nw;
    bucket->power_nw += sum_nw;
    bucket->n_power += to - from;
    bucket->energy += energy;
    bucket->covered_ms += covered_ms;
    b->buckets->n_gaps += n_gaps;
}

/* What the steps between rows [from, to) return. 0 or WATTLE_ERR_MEMORY. */
static int
add_returned(struct bucket *bucket, const struct bucket_block *b, size_t from,
             size_t to)
{
    const int64_t max_gap_ms = b->buckets->options.max_gap_ms;
    struct bucket_wide *wide = bucket_wide_of(bucket);
    if (wide == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = from + 1; i < to; i++) {
        const struct power_point begin = {.time_ms = b->batch.time_ms[i - 1],
                                          .nw = b->power_nw[i - 1]};
        const struct power_point end = {.time_ms = b->batch.time_ms[i],
                                        .nw = b->power_nw[i]};
        if ((begin.nw >= 0 && end.nw >= 0) ||
            end.time_ms - begin.time_ms > max_gap_ms)
            continue;
        const struct energy_sum returned =
            energy_returned_by_step(&begin, &end);
        energy_add(&wide->returned, &returned);
    }
    return WATTLE_OK;
}

static void
add_efficiencies(struct bucket *bucket, const struct bucket_block *b,
                 size_t from, size_t to)
{
    const struct batch_view *batch = &b->batch;
    const bool no_cache = b->buckets->options.no_cache;
    for (size_t i = from; i < to; i++)
        bucket->efficiency +=
            efficiency_fine(reading_nano(batch, WATTLE_POWER_FACTOR, i),
                            reading_nano(batch, WATTLE_CURRENT, i), no_cache);
    bucket->n_efficiency += to - from;
}

static void
add_values(struct bucket *bucket, const struct bucket_block *b, size_t from,
           size_t to)
{
    for (int c = 0; c < BUCKET_COLUMNS; c++) {
        const int64_t *values = b->batch.columns[c];
        int64_t sum = 0;
        if (b->unit_nano[c] == 0)
            continue;
        for (size_t i = from; i < to; i++)
            sum += values[i];
        bucket->values_nano[c] += (int128)sum * b->unit_nano[c];
        bucket->n_values[c] += to - from;
    }
}

/* Adds the rows [from, to), all of one bucket; the step before is done. */
static int
add_run(const struct bucket_block *b, size_t from, size_t to)
{
    const int64_t *time_ms = b->batch.time_ms;
    struct bucket *bucket = buckets_at(b->buckets, time_ms[from]);
    if (bucket == NULL)
        return WATTLE_ERR_MEMORY;
    add_powers(bucket, b, from, to);
    if (b->has_returned && add_returned(bucket, b, from, to) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    if (b->has_efficiency)
        add_efficiencies(bucket, b, from, to);
    add_values(bucket, b, from, to);
    bucket->n_readings += to - from;
    if (bucket->first_ms > time_ms[from])
        bucket->first_ms = time_ms[from];
    bucket->last_ms = time_ms[to - 1];
    return WATTLE_OK;
}

/* Where the rows end that are in the bucket and the range, as `row` is. */
static size_t
end_of_run(const struct bucket_block *b, size_t row)
{
    const struct buckets_options *o = &b->buckets->options;
    const int64_t *time_ms = b->batch.time_ms;
    const struct bucket *bucket = buckets_at(b->buckets, time_ms[row]);
    if (bucket == NULL)
        return row;
    int64_t end_ms =
        bucket->range.end_ms < o->until_ms ? bucket->range.end_ms : o->until_ms;
    size_t end = row + 1;
    if (time_ms[b->batch.n_rows - 1] < end_ms)
        return b->batch.n_rows;
    while (time_ms[end] < end_ms)
        end++;
    return end;
}

static int
add_rows(const struct bucket_block *b, size_t *row)
{
    struct buckets *buckets = b->buckets;
    const int64_t *time_ms = b->batch.time_ms;
    int status = WATTLE_OK;
    while (*row < b->batch.n_rows && status == WATTLE_OK &&
           buckets->list.n < BUCKETS_ENOUGH) {
        size_t end = *row + 1;
        struct power_point point = {.time_ms = time_ms[*row],
                                    .nw = b->power_nw[*row]};
        status = buckets_add_step(buckets, &point);
        if (status == WATTLE_OK && buckets_covers(buckets, point.time_ms)) {
            end = end_of_run(b, *row);
            status = end > *row ? add_run(b, *row, end) : WATTLE_ERR_MEMORY;
        }
        if (status != WATTLE_OK)
            return status;
        buckets->last.time_ms = time_ms[end - 1];
        buckets->last.nw = b->power_nw[end - 1];
        buckets->has_last = true;
        *row = end;
    }
    return status;
}

static void
set_units(struct bucket_block *b)
{
    for (int c = 0; c < BUCKET_COLUMNS; c++) {
        bool is_wanted = b->batch.columns[c] != NULL &&
                         bucket_wants(b->buckets->options.fields, c);
        b->unit_nano[c] =
            is_wanted ? decimal_power_of_ten(9 - b->batch.decimals[c]) : 0;
    }
}

bool
buckets_add_block(struct buckets *buckets, const struct batch_view *batch,
                  size_t *row, int *status)
{
    const struct buckets_options *o = &buckets->options;
    int64_t power_nw[KERNEL_ROWS];
    if (batch->presence != NULL || !is_short(batch))
        return false;
    struct bucket_block b = {
        buckets, rest_of(batch, *row), power_nw, false, false, {0}};
    struct reading_block ordinary = {power_nw, NULL, false, false};
    if (!reading_block_derive(&ordinary, &b.batch, o->kernels, o->no_cache))
        return false;
    b.has_efficiency = (o->fields & WATTLE_QUERY_EFFICIENCY) != 0 &&
                       batch->columns[WATTLE_POWER_FACTOR] != NULL &&
                       batch->columns[WATTLE_CURRENT] != NULL;
    b.has_returned = ordinary.has_returned && buckets_have_steps(o);
    set_units(&b);
    size_t at = 0;
    *status = add_rows(&b, &at);
    *row += at;
    return true;
}

int
buckets_add(struct buckets *buckets, const struct batch_view *batch,
            size_t *row)
{
    int status = WATTLE_OK;
    if (buckets_add_block(buckets, batch, row, &status))
        return status;
    while (*row < batch->n_rows && status == WATTLE_OK &&
           buckets->list.n < BUCKETS_ENOUGH)
        status = buckets_add_row(buckets, batch, (*row)++);
    return status;
}
