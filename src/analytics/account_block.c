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
    const int64_t *factor; /* milli; NULL = no efficiency */
    const int64_t *current;
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

static inline void
add_efficiency(struct account *account, int64_t factor, int64_t current,
               bool no_memo)
{
    const int64_t milli = DECIMAL_ONE / 1000;
    uint64_t shape = no_memo ? efficiency_shape(factor * milli)
                             : efficiency_shape_memo(factor);
    uint64_t load = no_memo ? efficiency_load(current * milli)
                            : efficiency_load_memo(current);
    account->efficiency += efficiency_of(factor * milli, shape, load);
    account->n_efficiency++;
}

/* Puts the sums of the loop below, which live in registers, away. */
static inline void
put_pending(struct block *b, uint64_t n, int128 power_nw, int128 energy)
{
    b->pending.n += n;
    b->pending.power_nw += power_nw;
    b->pending.energy += energy;
}

static int
add_rows(struct block *b, bool has_efficiency)
{
    struct account *accounts = b->set->accounts;
    const struct wattle_batch *batch = b->batch;
    const bool no_memo = b->set->no_memo;
    int64_t now_ms = INT64_MIN;
    int64_t from_ms = 0; /* a last reading in [from_ms, now_ms) is plain */
    uint64_t n = 0;
    int128 power_nw = 0, energy = 0;
    for (size_t i = 0; i < batch->n_rows; i++) {
        int64_t time_ms = batch->time_ms[i];
        if (time_ms != now_ms) {
            put_pending(b, n, power_nw, energy);
            n = 0;
            power_nw = energy = 0;
            enter_time(b, time_ms);
            now_ms = time_ms;
            from_ms = b->pending.energy_hour * CIVIL_MS_PER_HOUR;
            if (from_ms < time_ms - b->set->max_gap_ms)
                from_ms = time_ms - b->set->max_gap_ms;
        }
        struct account *a = &accounts[batch->device[i]];
        uint64_t back = (uint64_t)a->last_ms - (uint64_t)from_ms;
        if (back >= (uint64_t)(now_ms - from_ms) || a->extra != NULL ||
            a->is_disordered) {
            int status = account_add_row(b->set, batch, i);
            if (status != WATTLE_OK)
                return status;
            continue;
        }
        int64_t nw = b->power_nw[i];
        int128 step = (int128)(a->last_nw + nw) * (time_ms - a->last_ms);
        energy += step;
        power_nw += nw;
        n++;
        a->energy += step;
        a->sum_nw += nw;
        a->min_nw = nw < a->min_nw ? nw : a->min_nw;
        a->max_nw = nw > a->max_nw ? nw : a->max_nw;
        a->n_readings++;
        if (has_efficiency)
            add_efficiency(a, b->factor[i], b->current[i], no_memo);
        a->last_ms = time_ms;
        a->last_nw = nw;
    }
    put_pending(b, n, power_nw, energy);
    return WATTLE_OK;
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
    if (has_factor && has_current) {
        b.factor = batch->columns[WATTLE_POWER_FACTOR];
        b.current = batch->columns[WATTLE_CURRENT];
    }
    b.pending.power_hour = INT64_MIN;
    b.pending.energy_hour = INT64_MIN;
    *status = b.factor != NULL ? add_rows(&b, true) : add_rows(&b, false);
    flush_power(&b);
    flush_energy(&b);
    return true;
}
