/*
 * energy_sum.h - an exact energy, in three parts that add up.
 *
 * Units are half nW ms: the trapezoid (p0 + p1) * dt without its halving. Where
 * a step between whole nW is split at a border, a rest in 2^-60 units remains.
 * What comes of powers that are no whole nW, or of a line that crosses zero, is
 * in the wide part.
 */
#ifndef ANALYTICS_ENERGY_SUM_H
#define ANALYTICS_ENERGY_SUM_H

#include "base/wide_int.h"

/* Units in a kilowatt hour: 2 * 1e9 nW/W * 1e3 ms/s * 3.6e6 J. */
#define ENERGY_UNITS_PER_KWH UINT64_C(7200000000000000000)

/* Units in a W ms. */
#define ENERGY_UNITS_PER_W_MS 2000000000

#define ENERGY_REST_BITS 60

/* 1e-18 units in a unit; 1e-27 W in a nW. */
#define ENERGY_WIDE_PER_UNIT INT64_C(1000000000000000000)

struct energy_sum {
    int128 units;
    int128 rest;        /* 2^-60 units */
    struct int256 wide; /* 1e-18 units */
};

static inline void
energy_add(struct energy_sum *to, const struct energy_sum *energy)
{
    to->units += energy->units;
    to->rest += energy->rest;
    to->wide = int256_add(to->wide, energy->wide);
}

static inline struct energy_sum
energy_negated(const struct energy_sum *energy)
{
    return (struct energy_sum){-energy->units, -energy->rest,
                               int256_neg(energy->wide)};
}

/* All of it in 1e-18 units, the rest rounded. */
static inline struct int256
energy_in_wide(const struct energy_sum *energy)
{
    struct int256 wide =
        int256_mul(int256_from(energy->units), ENERGY_WIDE_PER_UNIT);
    wide = int256_add(wide, energy->wide);
    if (energy->rest == 0)
        return wide;
    struct int256 rest =
        int256_mul(int256_from(energy->rest), ENERGY_WIDE_PER_UNIT);
    return int256_add(wide,
                      int256_div_round(rest, INT64_C(1) << ENERGY_REST_BITS));
}

#endif
