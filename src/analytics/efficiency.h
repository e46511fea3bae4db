/*
 * efficiency.h - the efficiency of a reading, in integers.
 *
 * e = pf * g(pf) * b(current) with g = exp(-4 pf^2 (1 - pf^2)) and
 * b = 1 / (1 + ln(1 + current)); see docs/formulas.md for where it comes
 * from. g and b lie in (0, 1] and are computed with integer series only, so
 * the bits are the same on every machine.
 *
 * A power factor in thousandths has its own route: pf * g and b come from
 * tables, and their product is cut at 2^-56, 1.4e-17. Any other power factor
 * is multiplied exactly with g * b, which is rounded to 2^-60.
 */
#ifndef ANALYTICS_EFFICIENCY_H
#define ANALYTICS_EFFICIENCY_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/wide_int.h"

/* e = value / 2^56 for power factors in thousandths. */
#define EFFICIENCY_MILLI_BITS 56

/* e = value / (1e9 * 2^60) for others. */
#define EFFICIENCY_NANO_BITS 60

/* g * 2^63 for a power factor of nano / 1e9, |nano| <= 1e9. */
uint64_t efficiency_shape(int64_t power_factor_nano);

/* b * 2^63 for a current of nano / 1e9 ampere, 0 <= nano <= 1e18. */
uint64_t efficiency_load(int64_t current_nano);

/* pf * g * 2^62 for a power factor of milli / 1000; never zero. */
int64_t efficiency_factor(int64_t power_factor_milli);

/* b * 2^58 for a current of nano / 1e9 ampere; never zero. */
int64_t efficiency_relief(int64_t current_nano);

/*
 * The last two, from tables that fill as they are used; thread-safe: two
 * threads that fill an entry write the same value. An entry that is not
 * computed yet is zero; all values are odd.
 */
#define EFFICIENCY_MAX_FACTOR 1000
#define EFFICIENCY_FACTORS    2001  /* -1.000 .. 1.000 */
#define EFFICIENCY_CURRENTS   65536 /* 0 .. 65.535 A */

extern _Atomic int64_t efficiency_factors[EFFICIENCY_FACTORS];
extern _Atomic int64_t efficiency_reliefs[EFFICIENCY_CURRENTS];

/* Computes and keeps a value that is not in its table. */
int64_t efficiency_factor_fill(int64_t power_factor_milli);
int64_t efficiency_relief_fill(int64_t current_milli);

static inline int64_t
efficiency_factor_memo(int64_t power_factor_milli)
{
    uint64_t at = (uint64_t)(EFFICIENCY_MAX_FACTOR + power_factor_milli);
    int64_t value = 0;
    if (at < EFFICIENCY_FACTORS)
        value =
            atomic_load_explicit(&efficiency_factors[at], memory_order_relaxed);
    return value != 0 ? value : efficiency_factor_fill(power_factor_milli);
}

static inline int64_t
efficiency_relief_memo(int64_t current_milli)
{
    int64_t value = 0;
    if ((uint64_t)current_milli < EFFICIENCY_CURRENTS)
        value = atomic_load_explicit(&efficiency_reliefs[current_milli],
                                     memory_order_relaxed);
    return value != 0 ? value : efficiency_relief_fill(current_milli);
}

/* e at 2^56, from a factor at 2^62 and a relief at 2^58. */
static inline int64_t
efficiency_milli(int64_t factor, int64_t relief)
{
    return (int64_t)(((int128)factor * relief) >> 64);
}

/* g * b at 2^60, from both at 2^63. */
static inline uint64_t
efficiency_product(uint64_t shape, uint64_t load)
{
    return (uint64_t)(((uint128)shape * load) >> 66);
}

#endif
