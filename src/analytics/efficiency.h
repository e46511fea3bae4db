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

#include <stdint.h>

#include "base/wide_int.h"

/* Units of efficiency sums: value = sum / (1e9 * 2^60). */
#define EFFICIENCY_UNIT_BITS 60

/* g * 2^63 for a power factor of nano / 1e9, |nano| <= 1e9. */
uint64_t efficiency_shape(int64_t power_factor_nano);

/* b * 2^63 for a current of nano / 1e9 ampere, 0 <= nano <= 1e18. */
uint64_t efficiency_load(int64_t current_nano);

/* The same from tables that fill as they are used; thread-safe. */
uint64_t efficiency_shape_memo(int64_t power_factor_milli);
uint64_t efficiency_load_memo(int64_t current_milli);

/* e in efficiency units, from g and b at 2^63. */
static inline int128
efficiency_of(int64_t power_factor_nano, uint64_t shape, uint64_t load)
{
    uint64_t product = (uint64_t)(((uint128)shape * load) >> 66);
    return (int128)power_factor_nano * (int64_t)product;
}

#endif
