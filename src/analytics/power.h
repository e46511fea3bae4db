/*
 * power.h - the exact power of one reading, and energy between two.
 *
 * Used off the fast path: by the general way of totals and by joins.
 */
#ifndef ANALYTICS_POWER_H
#define ANALYTICS_POWER_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/profile.h"
#include "base/wide_int.h"

/* Powers in nW from this magnitude on are kept wide. */
#define POWER_NARROW_LIMIT (INT64_C(1) << 53)

/* 1e-27 W in a nW, and the factor between the wide and narrow units. */
#define POWER_WIDE_PER_NW INT64_C(1000000000000000000)

/* An instant with its power. nw is TOTALS_WIDE or TOTALS_NO_POWER else. */
struct power_point {
    int64_t time_ms;
    int64_t nw;
    struct int256 wide; /* when nw is TOTALS_WIDE */
};

/* Sets nw and wide from a power in 1e-27 W. */
void power_from_wide(struct power_point *point, struct int256 wide);

/* From nano-volt, nano-ampere and nano-power-factor. */
void power_from_product(struct power_point *point, int64_t voltage_nano,
                        int64_t current_nano, int64_t factor_nano);

/* From value / 10^decimals watts, 0 <= decimals <= 9. */
void power_from_watts(struct power_point *point, int64_t value, int decimals);

/* The power in 1e-27 W; the point must have one. */
struct int256 power_wide(const struct power_point *point);

/*
 * Doubled energy of the straight line between two points, up to a moment
 * 0 <= after_ms <= dt, dt > 0, after the first; all of it at dt. Differences
 * of two such values are the parts of a step.
 */
struct power_part {
    int128 units;
    int128 rest; /* 2^-60 units */
};

/* Of two narrow powers. */
struct power_part power_part_until(const struct power_point *from,
                                   const struct power_point *to,
                                   int64_t after_ms);

/* Whether a point's power is below zero: fed back. */
bool power_is_returned(const struct power_point *point);

/*
 * The energy that is returned between two moments of the line, 0 <= begin_ms <
 * end_ms <= dt: the area where the power is below zero, as a positive sum.
 * `net` is the energy of the same part. Where the line crosses zero this, and
 * what is imported, are right to 2^-52 of themselves, else exact.
 */
struct energy_sum power_returned(const struct power_point *from,
                                 const struct power_point *to, int64_t begin_ms,
                                 int64_t end_ms, const struct energy_sum *net);

/* Of any powers, in 1e-18 units. */
struct int256 power_wide_until(const struct power_point *from,
                               const struct power_point *to, int64_t after_ms);

#endif
