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

/*
 * A run of rows whose steps end in one clock hour: where it begins, and what
 * of its power the general way has already put into the profile.
 */
struct run {
    size_t begin, end;
    int64_t from_ms; /* a last reading from here on, but earlier, is plain */
    uint64_t n_elsewhere;
    int128 elsewhere_nw;
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
        const uint64_t inside = CIVIL_MS_PER_HOUR - 1;
        while (run.end < n &&
               (uint64_t)times_ms[run.end] - (uint64_t)hour_ms - 1 < inside)
            run.end++;
    } else {
        while (run.end < n && times_ms[run.end] == now_ms)
            run.end++;
    }
    return run;
}

/* 512 powers below 2^53 fit in 63 bits. */
static int128
sum_powers(const int64_t *power_nw, size_t n)
{
    enum { PART = 512 };
    int128 total = 0;
    for (size_t at = 0; at < n; at += PART) {
        size_t end = n - at < PART ? n : at + PART;
        int64_t part = 0;
        for (size_t i = at; i < end; i++)
            part += power_nw[i];
        total += part;
    }
    return total;
}

/* Puts the sums of a run away. */
static void
end_run(struct block *b, const struct run *run, int128 energy)
{
    int128 power_nw =
        sum_powers(b->power_nw + run->begin, run->end - run->begin) -
        run->elsewhere_nw;
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

/* What the straight-line code reads, kept apart so that it fits registers. */
struct plain {
    struct account *accounts;
    const uint32_t *devices;
    const int64_t *powers_nw;
    const int128 *efficiencies; /* NULL = none */
    const int64_t *times_ms;
    int64_t from_ms;
};

/*
 * Adds plain rows from `row` on, and their energy to *energy; returns the
 * first row that is not plain, or `end`.
 */
static inline size_t
add_plain(const struct plain *plain, size_t row, size_t end,
          bool has_efficiency, int128 *energy)
{
    const struct plain p = *plain;
    int128 sum = 0;
    for (; row < end; row++) {
        struct account *a = &p.accounts[p.devices[row]];
        int64_t now_ms = p.times_ms[row];
        uint64_t back = (uint64_t)a->last_ms - (uint64_t)p.from_ms;
        uint64_t span = (uint64_t)now_ms - (uint64_t)p.from_ms;
        if (back >= span || a->needs_care)
            break;
        int64_t nw = p.powers_nw[row];
        int128 step = (int128)(a->last_nw + nw) * (int64_t)(span - back);
        a->last_ms = now_ms;
        a->last_nw = nw;
        sum += step;
        a->energy += step;
        a->sum_nw += nw;
        a->n_readings++;
        if (nw < a->min_nw)
            a->min_nw = nw;
        if (nw > a->max_nw)
            a->max_nw = nw;
        if (has_efficiency) {
            a->efficiency += p.efficiencies[row];
            a->n_efficiency++;
        }
    }
    *energy += sum;
    return row;
}

static __attribute__((noinline)) size_t
add_plain_rated(const struct plain *plain, size_t row, size_t end,
                int128 *energy)
{
    return add_plain(plain, row, end, true, energy);
}

static __attribute__((noinline)) size_t
add_plain_unrated(const struct plain *plain, size_t row, size_t end,
                  int128 *energy)
{
    return add_plain(plain, row, end, false, energy);
}

static int
add_run(struct block *b, struct run *run)
{
    const struct plain plain = {
        b->set->accounts, b->batch->device,  b->power_nw,
        b->efficiency,    b->batch->time_ms, run->from_ms,
    };
    int128 energy = 0;
    int status = WATTLE_OK;
    for (size_t row = run->begin; status == WATTLE_OK;) {
        row = plain.efficiencies != NULL
                  ? add_plain_rated(&plain, row, run->end, &energy)
                  : add_plain_unrated(&plain, row, run->end, &energy);
        if (row == run->end)
            break;
        status = add_with_care(b, run, row++);
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
        status = add_run(b, &run);
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
    int64_t any = 0;
    for (size_t i = 0; i < batch->n_rows; i++)
        any |= current[i];
    bool in_table = !no_memo && (uint64_t)any < EFFICIENCY_LOADS;
    for (size_t i = 0; i < batch->n_rows; i++) {
        uint64_t product = 0;
        if (in_table)
            product = efficiency_product(
                atomic_load_explicit(
                    &efficiency_shapes[EFFICIENCY_MAX_FACTOR + factor[i]],
                    memory_order_relaxed),
                atomic_load_explicit(&efficiency_loads[current[i]],
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
    b.pending.power_hour_ms = INT64_MAX;
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
