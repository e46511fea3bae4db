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
    size_t begin;
    uint64_t n_elsewhere;
    int128 elsewhere_nw;
    int128 energy;
};

/* Puts the sums of a run that ends before row `end` away. */
static inline void
end_run(struct block *b, const struct run *run, size_t end)
{
    int128 power_nw = -run->elsewhere_nw;
    for (size_t i = run->begin; i < end; i++)
        power_nw += b->power_nw[i];
    b->pending.n += end - run->begin - run->n_elsewhere;
    b->pending.power_nw += power_nw;
    b->pending.energy += run->energy;
}

/* A row that the straight-line code cannot take. */
static int
add_with_care(struct block *b, struct run *run, size_t row)
{
    run->n_elsewhere++;
    run->elsewhere_nw += b->power_nw[row];
    return account_add_row(b->set, b->batch, row);
}

/* The last readings from which a step to time_ms is plain begin here. */
static int64_t
plain_from(const struct block *b, int64_t time_ms)
{
    int64_t hour_ms = b->pending.energy_hour * CIVIL_MS_PER_HOUR;
    int64_t gap_ms = time_ms - b->set->max_gap_ms;
    return hour_ms > gap_ms ? hour_ms : gap_ms;
}

static inline int
add_rows(struct block *b, bool has_efficiency)
{
    struct account *accounts = b->set->accounts;
    const size_t n_rows = b->batch->n_rows;
    const int64_t *times_ms = b->batch->time_ms;
    const uint32_t *devices = b->batch->device;
    const int64_t *powers_nw = b->power_nw;
    const int128 *efficiencies = b->efficiency;
    struct run run = {0};
    int64_t now_ms = INT64_MIN;
    int64_t from_ms = 0; /* a last reading in [from_ms, now_ms) is plain */
    int status = WATTLE_OK;
    size_t i = 0;
    for (; i < n_rows && status == WATTLE_OK; i++) {
        if (times_ms[i] != now_ms) {
            end_run(b, &run, i);
            run = (struct run){.begin = i};
            now_ms = times_ms[i];
            enter_time(b, now_ms);
            from_ms = plain_from(b, now_ms);
        }
        struct account *a = &accounts[devices[i]];
        uint64_t back = (uint64_t)a->last_ms - (uint64_t)from_ms;
        if (back >= (uint64_t)(now_ms - from_ms) || a->needs_care) {
            status = add_with_care(b, &run, i);
            continue;
        }
        int64_t nw = powers_nw[i];
        int128 step = (int128)(a->last_nw + nw) * (now_ms - a->last_ms);
        a->last_ms = now_ms;
        a->last_nw = nw;
        run.energy += step;
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
    end_run(b, &run, i);
    return status;
}

/* The efficiencies of a block with current and power factor in thousandths. */
static void
rate_rows(const struct wattle_batch *batch, bool no_memo, int128 *efficiency)
{
    const int64_t milli = DECIMAL_ONE / 1000;
    const int64_t *factor = batch->columns[WATTLE_POWER_FACTOR];
    const int64_t *current = batch->columns[WATTLE_CURRENT];
    for (size_t i = 0; i < batch->n_rows; i++) {
        uint64_t shape = no_memo ? efficiency_shape(factor[i] * milli)
                                 : efficiency_shape_memo(factor[i]);
        uint64_t load = no_memo ? efficiency_load(current[i] * milli)
                                : efficiency_load_memo(current[i]);
        efficiency[i] = efficiency_of(factor[i] * milli, shape, load);
    }
}

/* Powers of a block with voltage, current and power factor in thousandths. */
static bool
multiply(const struct wattle_batch *batch, int64_t *power_nw)
{
    const int64_t *v = batch->columns[WATTLE_VOLTAGE];
    const int64_t *i = batch->columns[WATTLE_CURRENT];
    const int64_t *f = batch->columns[WATTLE_POWER_FACTOR];
    bool fits = true;
    for (size_t row = 0; row < batch->n_rows; row++) {
        bool small = (uint64_t)(v[row] | i[row]) < UINT64_C(1) << 31;
        int64_t apparent = (v[row] & INT32_MAX) * (i[row] & INT32_MAX);
        fits = fits && small && apparent < MAX_APPARENT;
        /* a product that overflows is not used; fits is false then */
        power_nw[row] = (int64_t)((uint64_t)apparent * (uint64_t)f[row]);
    }
    return fits;
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
               !is_milli(batch, WATTLE_VOLTAGE) || !multiply(batch, power_nw)) {
        return false;
    }
    struct block b = {.set = set, .batch = batch, .power_nw = power_nw};
    b.pending.power_hour = INT64_MIN;
    b.pending.energy_hour = INT64_MIN;
    if (has_factor && has_current) {
        int128 efficiency[BLOCK_ROWS];
        rate_rows(batch, set->no_memo, efficiency);
        b.efficiency = efficiency;
        *status = add_rows(&b, true);
    } else {
        *status = add_rows(&b, false);
    }
    flush_power(&b);
    flush_energy(&b);
    return true;
}
