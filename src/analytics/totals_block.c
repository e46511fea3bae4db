/*
 * totals_block.c - adding a batch: a quick way for blocks of ordinary readings,
 * else row by row.
 *
 * A block of ordinary rows (reading_block.h) qualifies. Powers and
 * efficiencies come first, as columns; then each row whose step stays within
 * one clock hour and within the largest gap is added by a kernel. Any other
 * row takes the general way. The sums by hour are kept aside and written when
 * the hour changes.
 */
#include <assert.h>

#include "analytics/totals_parts.h"

#include "analytics/power.h"
#include "analytics/reading_block.h"
#include "simd/kernels.h"
#include "wattle/error.h"

/* Sums of the current hour that are not in the profile yet. */
struct pending {
    struct time_cell power_hour;
    uint64_t n;
    int128 power_nw;
    struct time_cell energy_hour;
    int128 energy;
};

struct block_sums {
    struct totals_set *set;
    const struct batch_view *batch;
    const int64_t *power_nw;
    const int64_t *efficiency; /* NULL = none */
    bool has_aggregates;
    bool has_returned; /* some powers are below zero */
    struct pending pending;
};

static void
flush_power(struct block_sums *b)
{
    struct pending *p = &b->pending;
    if (p->n > 0)
        profile_add_power(&b->set->profile, p->power_hour.key, p->n,
                          p->power_nw);
    p->n = 0;
    p->power_nw = 0;
}

static void
flush_energy(struct block_sums *b)
{
    struct pending *p = &b->pending;
    if (p->energy != 0)
        profile_add_energy(&b->set->profile, p->energy_hour.key, p->energy);
    p->energy = 0;
}

static void
enter_hour(struct block_sums *b, int64_t time_ms)
{
    struct pending *p = &b->pending;
    struct time_cell hour = p->power_hour, before = hour;
    time_partition_find(&b->set->hours, time_ms, &hour);
    if (hour.start_ms != p->power_hour.start_ms)
        flush_power(b);
    p->power_hour = hour;
    /* a step that ends on the full hour lies in the hour before, which mostly
     * is the one that was left */
    if (time_ms == hour.start_ms) {
        time_partition_find(&b->set->hours, time_ms - 1, &before);
        hour = before;
    }
    if (hour.start_ms != p->energy_hour.start_ms)
        flush_energy(b);
    p->energy_hour = hour;
}

/* The hours that a reading and the step that ends at it belong to. */
static inline void
enter_time(struct block_sums *b, int64_t time_ms)
{
    const struct pending *p = &b->pending;
    /* strictly inside the hour that both are in already */
    if (p->energy_hour.start_ms == p->power_hour.start_ms &&
        time_ms > p->power_hour.start_ms && time_ms < p->power_hour.end_ms)
        return;
    enter_hour(b, time_ms);
}

/* A run of rows whose steps end in one clock hour. */
struct same_hour_rows {
    size_t begin, end;
    int64_t from_ms; /* a last reading from here on, but earlier, is plain */
};

/*
 * When the largest gap is an hour or more, all rows strictly inside one hour
 * make a run; otherwise, and on the full hour, those of one time.
 */
static struct same_hour_rows
next_run(struct block_sums *b, size_t begin)
{
    const int64_t *times_ms = b->batch->time_ms;
    const size_t n = b->batch->n_rows;
    int64_t now_ms = times_ms[begin];
    struct same_hour_rows run = {.begin = begin, .end = begin + 1};
    enter_time(b, now_ms);
    const struct time_cell hour = b->pending.energy_hour;
    const int64_t hour_ms = hour.start_ms, length_ms = hour.end_ms - hour_ms;
    int64_t gap_ms = now_ms - b->set->max_gap_ms;
    run.from_ms = hour_ms > gap_ms ? hour_ms : gap_ms;
    if (now_ms < hour.end_ms && b->set->max_gap_ms >= length_ms) {
        run.end +=
            b->set->kernels->count_within(times_ms + run.end, n - run.end,
                                          hour_ms + 1, (uint64_t)length_ms - 1);
    } else {
        run.end += b->set->kernels->count_within(times_ms + run.end,
                                                 n - run.end, now_ms, 1);
    }
    return run;
}

static bool
is_full(const struct totals_set *set, size_t device)
{
    const struct partial_sums *partial = &set->partial[device / PARTIAL_LANES];
    return partial->n_readings[device % PARTIAL_LANES] == PARTIAL_READINGS;
}

/* Totals near full ones are likely to be full, too. */
static void
make_room(struct totals_set *set, size_t device)
{
    const size_t near = 64;
    size_t from = device / near * near;
    size_t to = from + near < set->n_devices ? from + near : set->n_devices;
    totals_flush(set, from, to);
}

/* For assertions: what add_rows (kernels.h) may rely on. */
static inline bool
are_for_kernel(const struct block_sums *b, const struct same_hour_rows *run)
{
    const int64_t limit = INT64_C(1) << 53;
    bool are_good = (uintptr_t)b->set->partial % 64 == 0 &&
                    run->end - run->begin <= KERNEL_ROWS;
    for (size_t i = run->begin; i < run->end; i++)
        are_good = are_good && b->power_nw[i] < limit &&
                   b->power_nw[i] > -limit &&
                   b->batch->time_ms[i] - run->from_ms <= INT64_C(1) << 22;
    return are_good;
}

/* What the kernel has added goes into the aggregates, too. */
static int
aggregate_rows(struct block_sums *b, size_t from, size_t to)
{
    const uint32_t *device = b->batch->device;
    int status = WATTLE_OK;
    for (size_t i = from; i < to && status == WATTLE_OK;) {
        size_t end = i + 1;
        while (end < to && device[end] == device[i])
            end++;
        const struct aggregate_rows rows = {b->batch->time_ms + i,
                                            b->power_nw + i, end - i};
        status = aggregate_add(&b->set->firsts[device[i]].states, &rows);
        i = end;
    }
    return status;
}

/* Adds the rows of a run; those that the kernel refuses, the general way. */
static int
add_run(struct block_sums *b, const struct same_hour_rows *run)
{
    struct totals_set *set = b->set;
    const struct summed_rows rows = {b->batch->device, b->batch->time_ms,
                                     b->power_nw, b->efficiency};
    struct added_sums sums = {0, 0, 0};
    uint64_t n_elsewhere = 0;
    int status = WATTLE_OK;
    assert(are_for_kernel(b, run));
    for (size_t row = run->begin; status == WATTLE_OK;) {
        const size_t from = row;
        row = set->kernels->add_rows(set->partial, &rows, row, run->end,
                                     run->from_ms, &sums);
        if (b->has_aggregates)
            status = aggregate_rows(b, from, row);
        if (row == run->end || status != WATTLE_OK)
            break;
        if (is_full(set, rows.device[row])) {
            make_room(set, rows.device[row]);
        } else {
            status = totals_add_row(set, b->batch, row++);
            n_elsewhere++;
        }
    }
    int128 high = sums.energy_high;
    b->pending.n += run->end - run->begin - n_elsewhere;
    b->pending.power_nw += sums.power_nw;
    b->pending.energy += sums.energy_low + high * ((int64_t)1 << 32);
    return status;
}

/* A row with a power below zero goes the general way, and ends the run. */
static int
add_row_or_run(struct block_sums *b, size_t *i)
{
    struct same_hour_rows run;
    if (b->has_returned && b->power_nw[*i] < 0)
        return totals_add_row(b->set, b->batch, (*i)++);
    run = next_run(b, *i);
    for (size_t k = *i + 1; k < run.end && b->has_returned; k++) {
        if (b->power_nw[k] < 0)
            run.end = k;
    }
    *i = run.end;
    return add_run(b, &run);
}

static int
add_rows(struct block_sums *b)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < b->batch->n_rows && status == WATTLE_OK;)
        status = add_row_or_run(b, &i);
    return status;
}

bool
totals_block_add(struct totals_set *set, const struct batch_view *batch,
                 int *status)
{
    int64_t power_nw[KERNEL_ROWS], efficiency[KERNEL_ROWS];
    struct reading_block ordinary = {power_nw, efficiency, false, false};
    if (set->is_fine ||
        !reading_block_derive(&ordinary, batch, set->kernels, set->no_cache))
        return false;
    *status = WATTLE_OK;
    if (totals_segment_add(set, batch, &ordinary, status))
        return true;
    struct block_sums b = {.set = set,
                           .batch = batch,
                           .power_nw = power_nw,
                           .has_aggregates = aggregate_list()->n > 0,
                           .has_returned = ordinary.has_returned};
    b.pending.power_hour = b.pending.energy_hour = TIME_CELL_NONE;
    if (ordinary.has_efficiency)
        b.efficiency = efficiency;
    if (ordinary.has_efficiency != set->has_efficiency)
        totals_set_flush(set);
    set->has_efficiency = ordinary.has_efficiency;
    *status = add_rows(&b);
    flush_power(&b);
    flush_energy(&b);
    return true;
}

int
totals_set_add(struct totals_set *set, const struct batch_view *batch)
{
    int status = WATTLE_OK;
    if (totals_block_add(set, batch, &status))
        return status;
    for (size_t row = 0; row < batch->n_rows && status == WATTLE_OK; row++)
        status = totals_add_row(set, batch, row);
    return status;
}
