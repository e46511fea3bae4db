/*
 * account_block.c - the quick way into accounts.
 *
 * A block qualifies when every row has voltage, current and power factor (or
 * every row a power) at few enough decimals that each power is a whole
 * number of nW. Then powers come first, as one column; and each row whose
 * step stays within one clock hour and within the largest gap is added by a
 * kernel. Any other row takes the general way. The sums by hour are kept
 * aside and written when the hour changes.
 */
#include "analytics/account_block.h"

#include "analytics/efficiency.h"
#include "analytics/power.h"
#include "base/civil_time.h"
#include "base/decimal.h"
#include "simd/kernels.h"
#include "wattle/error.h"

/* v * i below this and |pf| <= 1.000 keep the power narrow. */
#define MAX_APPARENT (POWER_NARROW_LIMIT / 1000)

/* Sums of the current hour that are not in the profile yet. */
struct pending {
    int64_t power_hour;
    int64_t power_hour_ms; /* its begin */
    uint64_t n;
    int128 power_nw;
    int64_t energy_hour;
    int128 energy;
};

struct block {
    struct account_set *set;
    const struct wattle_batch *batch;
    const int64_t *power_nw;
    const int64_t *efficiency; /* NULL = none */
    struct pending pending;
};

static void
flush_power(struct block *b)
{
    struct pending *p = &b->pending;
    if (p->n > 0)
        profile_add_power(&b->set->profile, p->power_hour, p->n, p->power_nw);
    p->n = 0;
    p->power_nw = 0;
}

static void
flush_energy(struct block *b)
{
    struct pending *p = &b->pending;
    if (p->energy != 0)
        profile_add_energy(&b->set->profile, p->energy_hour, p->energy);
    p->energy = 0;
}

static void
enter_hour(struct block *b, int64_t time_ms)
{
    struct pending *p = &b->pending;
    int64_t hour = civil_floor_div(time_ms, CIVIL_MS_PER_HOUR);
    if (hour != p->power_hour)
        flush_power(b);
    p->power_hour = hour;
    p->power_hour_ms = hour * CIVIL_MS_PER_HOUR;
    if (time_ms == p->power_hour_ms)
        hour--;
    if (hour != p->energy_hour)
        flush_energy(b);
    p->energy_hour = hour;
}

/* The hours that a reading and the step that ends at it belong to. */
static inline void
enter_time(struct block *b, int64_t time_ms)
{
    const struct pending *p = &b->pending;
    /* strictly inside the hour that both are in already */
    if (p->energy_hour == p->power_hour && time_ms > p->power_hour_ms &&
        time_ms - p->power_hour_ms < CIVIL_MS_PER_HOUR)
        return;
    enter_hour(b, time_ms);
}

/* A run of rows whose steps end in one clock hour. */
struct run {
    size_t begin, end;
    int64_t from_ms; /* a last reading from here on, but earlier, is plain */
};

/*
 * With gaps of an hour and more, all rows strictly inside one hour make a
 * run; otherwise, and on the full hour, those of one time.
 */
static struct run
next_run(struct block *b, size_t begin)
{
    const int64_t *times_ms = b->batch->time_ms;
    const size_t n = b->batch->n_rows;
    int64_t now_ms = times_ms[begin];
    struct run run = {.begin = begin, .end = begin + 1};
    enter_time(b, now_ms);
    int64_t hour_ms = b->pending.energy_hour * CIVIL_MS_PER_HOUR;
    int64_t gap_ms = now_ms - b->set->max_gap_ms;
    run.from_ms = hour_ms > gap_ms ? hour_ms : gap_ms;
    bool is_inside = now_ms < hour_ms + CIVIL_MS_PER_HOUR;
    if (is_inside && b->set->max_gap_ms >= CIVIL_MS_PER_HOUR) {
        run.end +=
            b->set->kernels->count_within(times_ms + run.end, n - run.end,
                                          hour_ms + 1, CIVIL_MS_PER_HOUR - 1);
    } else {
        run.end += b->set->kernels->count_within(times_ms + run.end,
                                                 n - run.end, now_ms, 1);
    }
    return run;
}

static bool
is_full(const struct account_set *set, size_t device)
{
    const struct running *running = &set->running[device / RUNNING_LANES];
    return running->n_readings[device % RUNNING_LANES] == RUNNING_READINGS;
}

/* Accounts near a full one are likely to be full, too. */
static void
make_room(struct account_set *set, size_t device)
{
    const size_t near = 64;
    size_t from = device / near * near;
    size_t to = from + near < set->n_devices ? from + near : set->n_devices;
    account_settle(set, from, to);
}

/* Adds the rows of a run; those that the kernel refuses, the general way. */
static int
add_run(struct block *b, const struct run *run)
{
    struct account_set *set = b->set;
    const struct running_rows rows = {b->batch->device, b->batch->time_ms,
                                      b->power_nw, b->efficiency};
    struct running_sums sums = {0, 0, 0};
    uint64_t n_elsewhere = 0;
    int status = WATTLE_OK;
    for (size_t row = run->begin; status == WATTLE_OK;) {
        row = set->kernels->add_rows(set->running, &rows, row, run->end,
                                     run->from_ms, &sums);
        if (row == run->end)
            break;
        if (is_full(set, rows.device[row])) {
            make_room(set, rows.device[row]);
        } else {
            status = account_add_row(set, b->batch, row++);
            n_elsewhere++;
        }
    }
    int128 high = sums.energy_high;
    b->pending.n += run->end - run->begin - n_elsewhere;
    b->pending.power_nw += sums.power_nw;
    b->pending.energy += sums.energy_low + high * ((int64_t)1 << 32);
    return status;
}

static int
add_rows(struct block *b)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < b->batch->n_rows && status == WATTLE_OK;) {
        struct run run = next_run(b, i);
        status = add_run(b, &run);
        i = run.end;
    }
    return status;
}

/* Without the tables. */
static void
rate_rows_afresh(const struct wattle_batch *batch, int64_t *efficiency)
{
    const int64_t *factor = batch->columns[WATTLE_POWER_FACTOR];
    const int64_t *current = batch->columns[WATTLE_CURRENT];
    const int64_t milli = DECIMAL_ONE / 1000;
    for (size_t i = 0; i < batch->n_rows; i++)
        efficiency[i] = efficiency_milli(efficiency_factor(factor[i]),
                                         efficiency_relief(current[i] * milli));
}

/* By the tables, which it fills. */
static void
rate_rows_filling(const int64_t *factor, const int64_t *current, size_t n,
                  int64_t *efficiency)
{
    for (size_t i = 0; i < n; i++)
        efficiency[i] = efficiency_milli(efficiency_factor_memo(factor[i]),
                                         efficiency_relief_memo(current[i]));
}

/* By the tables; false when a value is not in them. */
static bool
rate_rows_known(const int64_t *factor, const int64_t *current, size_t n,
                int64_t *efficiency)
{
    uint64_t any = 0;
    int64_t known = 1; /* what is not in its table yet is even */
    for (size_t i = 0; i < n; i++)
        any |= (uint64_t)current[i];
    for (size_t i = 0; i < n && any < EFFICIENCY_CURRENTS; i++) {
        int64_t of_factor = atomic_load_explicit(
            &efficiency_factors[EFFICIENCY_MAX_FACTOR + factor[i]],
            memory_order_relaxed);
        int64_t relief = atomic_load_explicit(&efficiency_reliefs[current[i]],
                                              memory_order_relaxed);
        known &= of_factor & relief;
        efficiency[i] = efficiency_milli(of_factor, relief);
    }
    return known != 0 && any < EFFICIENCY_CURRENTS;
}

/* The efficiencies of a block with current and power factor in thousandths. */
static void
rate_rows(const struct wattle_batch *batch, bool no_memo, int64_t *efficiency)
{
    const size_t part = 64; /* what is done again for an unknown value */
    const int64_t *factor = batch->columns[WATTLE_POWER_FACTOR];
    const int64_t *current = batch->columns[WATTLE_CURRENT];
    if (no_memo) {
        rate_rows_afresh(batch, efficiency);
        return;
    }
    for (size_t at = 0; at < batch->n_rows; at += part) {
        size_t left = batch->n_rows - at;
        size_t n = left < part ? left : part;
        if (!rate_rows_known(factor + at, current + at, n, efficiency + at))
            rate_rows_filling(factor + at, current + at, n, efficiency + at);
    }
}

static bool
scale_power(const struct wattle_batch *batch, int64_t *power_nw)
{
    const int64_t *watts = batch->columns[WATTLE_POWER];
    int64_t unit = decimal_power_of_ten(9 - batch->decimals[WATTLE_POWER]);
    int64_t limit = POWER_NARROW_LIMIT / unit;
    for (size_t row = 0; row < batch->n_rows; row++) {
        if (watts[row] >= limit || watts[row] <= -limit)
            return false;
        power_nw[row] = watts[row] * unit;
    }
    return true;
}

static bool
is_milli(const struct wattle_batch *batch, int column)
{
    return batch->columns[column] != NULL && batch->decimals[column] == 3;
}

bool
account_block_add(struct account_set *set, const struct wattle_batch *batch,
                  int *status)
{
    int64_t power_nw[KERNEL_ROWS];
    if (batch->n_rows > KERNEL_ROWS || batch->presence != NULL)
        return false;
    bool has_factor = is_milli(batch, WATTLE_POWER_FACTOR);
    bool has_current = is_milli(batch, WATTLE_CURRENT);
    bool has_power = batch->columns[WATTLE_POWER] != NULL;
    if (has_power) {
        bool both = batch->columns[WATTLE_CURRENT] != NULL &&
                    batch->columns[WATTLE_POWER_FACTOR] != NULL;
        if (both && !(has_factor && has_current))
            return false;
        if (!scale_power(batch, power_nw))
            return false;
    } else if (!has_factor || !has_current ||
               !is_milli(batch, WATTLE_VOLTAGE) ||
               !set->kernels->multiply(batch->columns[WATTLE_VOLTAGE],
                                       batch->columns[WATTLE_CURRENT],
                                       batch->columns[WATTLE_POWER_FACTOR],
                                       batch->n_rows, MAX_APPARENT, power_nw)) {
        return false;
    }
    struct block b = {.set = set, .batch = batch, .power_nw = power_nw};
    b.pending.power_hour = INT64_MIN;
    b.pending.power_hour_ms = INT64_MAX;
    b.pending.energy_hour = INT64_MIN;
    int64_t efficiency[KERNEL_ROWS];
    bool is_rated = has_factor && has_current;
    if (is_rated) {
        rate_rows(batch, set->no_memo, efficiency);
        b.efficiency = efficiency;
    }
    if (is_rated != set->is_rated)
        account_set_settle(set);
    set->is_rated = is_rated;
    *status = add_rows(&b);
    flush_power(&b);
    flush_energy(&b);
    return true;
}
