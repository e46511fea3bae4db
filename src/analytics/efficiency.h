/*
 * efficiency.h - the efficiency of a reading, in integers.
 *
 * e = pf * g(pf) * b(current) with g = exp(-4 pf^2 (1 - pf^2)) and
 * b = 1 / (1 + ln(1 + current)); see docs/formulas.md for where it comes
 * from. g and b lie in (0, 1] and are computed with integer series only, so
 * the bits are the same on every machine. The product g * b is rounded to
 * 2^-60 and multiplied by the exact power factor.
 */
#ifndef ANALYTICS_EFFICIENCY_H
#define ANALYTICS_EFFICIENCY_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/wide_int.h"

/*
 * Units of efficiency sums: value = sum / (places * 2^60), where places is
 * 1e3 for power factors in thousandths and 1e9 for others.
 */
#define EFFICIENCY_UNIT_BITS 60

/* g * 2^63 for a power factor of nano / 1e9, |nano| <= 1e9. */
uint64_t efficiency_shape(int64_t power_factor_nano);

/* b * 2^63 for a current of nano / 1e9 ampere, 0 <= nano <= 1e18. */
uint64_t efficiency_load(int64_t current_nano);

/*
 * The same for values in thousandths, from tables that fill as they are used;
 * thread-safe: two threads that fill an entry write the same value. Zero means
 * "not computed yet"; neither function yields zero.
 */
#define EFFICIENCY_MAX_FACTOR 1000
#define EFFICIENCY_SHAPES     2001  /* -1.000 .. 1.000 */
#define EFFICIENCY_LOADS      65536 /* 0 .. 65.535 A */

extern _Atomic uint64_t efficiency_shapes[EFFICIENCY_SHAPES];
extern _Atomic uint64_t efficiency_loads[EFFICIENCY_LOADS];

/* Computes and keeps a value that is not in its table. */
uint64_t efficiency_shape_fill(int64_t power_factor_milli);
uint64_t efficiency_load_fill(int64_t current_milli);

static inline uint64_t
efficiency_shape_memo(int64_t power_factor_milli)
{
    uint64_t at = (uint64_t)(EFFICIENCY_MAX_FACTOR + power_factor_milli);
    uint64_t value = 0;
    if (at < EFFICIENCY_SHAPES)
        value =
            atomic_load_explicit(&efficiency_shapes[at], memory_order_relaxed);
    return value != 0 ? value : efficiency_shape_fill(power_factor_milli);
}

static inline uint64_t
efficiency_load_memo(int64_t current_milli)
{
    uint64_t value = 0;
    if ((uint64_t)current_milli < EFFICIENCY_LOADS)
        value = atomic_load_explicit(&efficiency_loads[current_milli],
                                     memory_order_relaxed);
    return value != 0 ? value : efficiency_load_fill(current_milli);
}

/* g * b at 2^60, from both at 2^63. */
static inline uint64_t
efficiency_product(uint64_t shape, uint64_t load)
{
    return (uint64_t)(((uint128)shape * load) >> 66);
}

#endif
