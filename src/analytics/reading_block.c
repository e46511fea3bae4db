/*
 * reading_block.c - powers and efficiencies of a whole block at once.
 *
 * The fast counterpart of reading.c. It takes a block only when all rows are
 * ordinary (reading_block.h), and then gives the same numbers. Otherwise it
 * returns false, and the caller goes row by row.
 */
#include "analytics/reading_block.h"

#include "analytics/efficiency.h"
#include "analytics/power.h"
#include "base/decimal.h"

/* v * i below this and |pf| <= 1.000 keep the power narrow. */
#define MAX_APPARENT (POWER_NARROW_LIMIT / 1000)

/* Without the tables. */
static void
rate_rows_afresh(const struct batch_view *batch, int64_t *efficiency)
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
rate_rows(const struct batch_view *batch, bool no_cache, int64_t *efficiency)
{
    const size_t part = 64; /* what is done again for an unknown value */
    const int64_t *factor = batch->columns[WATTLE_POWER_FACTOR];
    const int64_t *current = batch->columns[WATTLE_CURRENT];
    if (no_cache) {
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
scale_power(const struct batch_view *batch, int64_t *power_nw)
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
is_milli(const struct batch_view *batch, int column)
{
    return batch->columns[column] != NULL && batch->decimals[column] == 3;
}

/* Powers of rows without a power of their own. */
static bool
multiply(const struct batch_view *batch, const struct kernels *kernels,
         int64_t *power_nw)
{
    return is_milli(batch, WATTLE_POWER_FACTOR) &&
           is_milli(batch, WATTLE_CURRENT) && is_milli(batch, WATTLE_VOLTAGE) &&
           kernels->multiply(batch->columns[WATTLE_VOLTAGE],
                             batch->columns[WATTLE_CURRENT],
                             batch->columns[WATTLE_POWER_FACTOR], batch->n_rows,
                             MAX_APPARENT, power_nw);
}

bool
reading_block_derive(struct reading_block *block,
                     const struct batch_view *batch,
                     const struct kernels *kernels, bool no_cache)
{
    block->has_efficiency = false;
    if (batch->n_rows > KERNEL_ROWS || batch->presence != NULL)
        return false;
    bool has_both = batch->columns[WATTLE_CURRENT] != NULL &&
                    batch->columns[WATTLE_POWER_FACTOR] != NULL;
    bool has_efficiency =
        is_milli(batch, WATTLE_POWER_FACTOR) && is_milli(batch, WATTLE_CURRENT);
    if (has_both && !has_efficiency && block->efficiency != NULL)
        return false;
    if (batch->columns[WATTLE_POWER] != NULL
            ? !scale_power(batch, block->power_nw)
            : !multiply(batch, kernels, block->power_nw))
        return false;
    block->has_returned = !kernels->lies_within(block->power_nw, batch->n_rows,
                                                0, POWER_NARROW_LIMIT);
    if (has_efficiency && block->efficiency != NULL) {
        rate_rows(batch, no_cache, block->efficiency);
        block->has_efficiency = true;
    }
    return true;
}
