/*
 * account_block.c - the quick way into accounts.
 *
 * A block qualifies when every row has voltage, current and power factor (or
 * every row a power) at few enough decimals that each power is a whole
 * number of nW. Then powers come first, as one column; and each row whose
 * step stays within one clock hour and within the largest gap is added with
 * straight-line code. Any other row takes the general way. The sums by hour
 * are kept in registers and written when the hour changes.
 */
#include "analytics/account_block.h"

#include "analytics/efficiency.h"
#include "analytics/power.h"
#include "base/civil_time.h"
#include "base/decimal.h"
#include "simd/kernels.h"
#include "wattle/error.h"

#define BLOCK_ROWS 1024

/* v * i below this and |pf| <= 1.000 keep the power narrow. */
#define MAX_APPARENT (POWER_NARROW_LIMIT / 1000)

/* Sums of the current hour that are not in the profile yet. */
struct pending {
    int64_t power_hour;
    uint64_t n;
    int128 power_nw;
    int64_t energy_hour;
    int128 energy;
};

struct block {
    struct account_set *set;
    const struct wattle_batch *batch;
    const int64_t *power_nw;
    const int128 *efficiency; /* NULL = none */
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

/* The hours that a reading and the step that ends at it belong to. */
static void
enter_time(struct block *b, int64_t time_ms)
{
    int64_t hour = civil_floor_div(time_ms, CIVIL_MS_PER_HOUR);
    if (hour != b->pending.power_hour)
        flush_power(b);
    b->pending.power_hour = hour;
    if (time_ms == hour * CIVIL_MS_PER_HOUR)
        hour--;
    if (hour != b->pending.energy_hour)
        flush_energy(b);
    b->pending.energy_hour = hour;
}

/*
 * A run of rows of one time: where it begins, and what of its power the
 * general way has already put into the profile.
 */
struct run {
    size_t begin, end;
    int64_t now_ms;
    int64_t from_ms; /* a last reading in [from_ms, now_ms) is plain */
    uint64_t n_elsewhere;
    int128 elsewhere_nw;
};

static struct run
next_run(struct block *b, size_t begin)
{
    const int64_t *times_ms = b->batch->time_ms;
    struct run run = {.begin = begin, .now_ms = times_ms[begin]};
    run.end = begin + 1;
    while (run.end < b->batch->n_rows && times_ms[run.end] == run.now_ms)
        run.end++;
    enter_time(b, run.now_ms);
    int64_t hour_ms = b->pending.energy_hour * CIVIL_MS_PER_HOUR;
    int64_t gap_ms = run.now_ms - b->set->max_gap_ms;
    run.from_ms = hour_ms > gap_ms ? hour_ms : gap_ms;
    return run;
}

/* Puts the sums of a run away. */
static void
end_run(struct block *b, const struct run *run, int128 energy)
{
    int128 power_nw = -run->elsewhere_nw;
    for (size_t i = run->begin; i < run->end; i++)
        power_nw += b->power_nw[i];
    b->pending.n += run->end - run->begin - run->n_elsewhere;
    b->pending.power_nw += power_nw;
    b->pending.energy += energy;
}

/* A row that the straight-line code cannot take. */
static int
add_with_care(struct block *b, struct run *run, size_t row)
{
    run->n_elsewhere++;
    run->elsewhere_nw += b->power_nw[row];
    return account_add_row(b->set, b->batch, row);
}

static inline int
add_run(struct block *b, struct run *run, bool has_efficiency)
{
    struct account *const accounts = b->set->accounts;
    const uint32_t *const devices = b->batch->device;
    const int64_t *const powers_nw = b->power_nw;
    const int128 *const efficiencies = b->efficiency;
    const int64_t now_ms = run->now_ms;
    const int64_t from_ms = run->from_ms;
    const size_t end = run->end;
    int128 energy = 0;
    int status = WATTLE_OK;
    for (size_t i = run->begin; i < end; i++) {
        struct account *a = &accounts[devices[i]];
        uint64_t back = (uint64_t)a->last_ms - (uint64_t)from_ms;
        if (back >= (uint64_t)(now_ms - from_ms) || a->needs_care) {
            status = add_with_care(b, run, i);
            if (status != WATTLE_OK)
                break;
            continue;
        }
        int64_t nw = powers_nw[i];
        int128 step = (int128)(a->last_nw + nw) * (now_ms - a->last_ms);
        a->last_ms = now_ms;
        a->last_nw = nw;
        energy += step;
        a->energy += step;
        a->sum_nw += nw;
        a->n_readings++;
        if (nw < a->min_nw)
            a->min_nw = nw;
        if (nw > a->max_nw)
            a->max_nw = nw;
        if (has_efficiency) {
            a->efficiency += efficiencies[i];
            a->n_efficiency++;
        }
    }
    end_run(b, run, energy);
    return status;
}

static int
add_rows(struct block *b)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < b->batch->n_rows && status == WATTLE_OK;) {
        struct run run = next_run(b, i);
        status = b->efficiency != NULL ? add_run(b, &run, true)
                                       : add_run(b, &run, false);
        i = run.end;
    }
    return status;
}

static int128
rate_row(int64_t factor, int64_t current, bool no_memo)
{
    const int64_t milli = DECIMAL_ONE / 1000;
    uint64_t shape = no_memo ? efficiency_shape(factor * milli)
                             : efficiency_shape_memo(factor);
    uint64_t load = no_memo ? efficiency_load(current * milli)
                            : efficiency_load_memo(current);
    return (int128)factor * (int64_t)efficiency_product(shape, load);
}

/* The efficiencies of a block with current and power factor in thousandths. */
static void
rate_rows(const struct wattle_batch *batch, bool no_memo, int128 *efficiency)
{
    const int64_t *factor = batch->columns[WATTLE_POWER_FACTOR];
    const int64_t *current = batch->columns[WATTLE_CURRENT];
    for (size_t i = 0; i < batch->n_rows; i++) {
        uint64_t at = (uint64_t)current[i];
        int64_t milli = factor[i] < 0 ? -factor[i] : factor[i];
        uint64_t product = 0;
        if (at < EFFICIENCY_LOADS && !no_memo)
            product = efficiency_product(
                atomic_load_explicit(&efficiency_shapes[milli],
                                     memory_order_relaxed),
                atomic_load_explicit(&efficiency_loads[at],
                                     memory_order_relaxed));
        /* zero: one of the two is not in its table yet */
        efficiency[i] = product != 0 ? (int128)factor[i] * (int64_t)product
                                     : rate_row(factor[i], current[i], no_memo);
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
    int64_t power_nw[BLOCK_ROWS];
    if (batch->n_rows > BLOCK_ROWS || batch->presence != NULL)
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
    b.pending.energy_hour = INT64_MIN;
    if (has_factor && has_current) {
        int128 efficiency[BLOCK_ROWS];
        rate_rows(batch, set->no_memo, efficiency);
        b.efficiency = efficiency;
        *status = add_rows(&b);
    } else {
        *status = add_rows(&b);
    }
    flush_power(&b);
    flush_energy(&b);
    return true;
}
