/*
 * power.c - trapezoids.
 *
 * Between two points the power is a straight line. Up to a milliseconds
 * after the first point the doubled energy is
 *     E(a) = 2 p0 a + (p1 - p0) a^2 / dt,
 * cut at 2^-60 of a unit. At dt it is (p0 + p1) dt, without a rest.
 */
#include "analytics/power.h"

#include "analytics/totals.h"
#include "base/decimal.h"

void
power_from_wide(struct power_point *point, struct int256 wide)
{
    struct int256 narrow;
    if (int256_divides(wide, POWER_WIDE_PER_NW, &narrow) &&
        int256_to_int64(narrow, &point->nw) && point->nw < POWER_NARROW_LIMIT &&
        point->nw > -POWER_NARROW_LIMIT)
        return;
    point->nw = TOTALS_WIDE;
    point->wide = wide;
}

void
power_from_product(struct power_point *point, int64_t voltage_nano,
                   int64_t current_nano, int64_t factor_nano)
{
    int128 apparent = (int128)voltage_nano * current_nano;
    power_from_wide(point, int256_mul(int256_from(apparent), factor_nano));
}

void
power_from_watts(struct power_point *point, int64_t value, int decimals)
{
    int128 nw = (int128)value * decimal_power_of_ten(9 - decimals);
    if (nw < POWER_NARROW_LIMIT && nw > -POWER_NARROW_LIMIT)
        point->nw = (int64_t)nw;
    else
        power_from_wide(point, int256_mul(int256_from(nw), POWER_WIDE_PER_NW));
}

struct int256
power_wide(const struct power_point *point)
{
    if (point->nw == TOTALS_WIDE)
        return point->wide;
    return int256_mul(int256_from(point->nw), POWER_WIDE_PER_NW);
}

struct power_part
power_part_until(const struct power_point *from, const struct power_point *to,
                 int64_t after_ms)
{
    int64_t dt = to->time_ms - from->time_ms;
    if (after_ms == 0 || after_ms == dt) /* without a division */
        return (struct power_part){(int128)(from->nw + to->nw) * after_ms, 0};
    /* 54 + 35 + 35 bits: it fits */
    int128 bend = (int128)(to->nw - from->nw) * after_ms * after_ms;
    int128 whole = bend / dt;
    int128 rest = bend - whole * dt;
    struct power_part part = {(int128)(2 * from->nw) * after_ms + whole,
                              rest * ((int128)1 << PROFILE_REST_BITS) / dt};
    return part;
}

struct int256
power_wide_until(const struct power_point *from, const struct power_point *to,
                 int64_t after_ms)
{
    int64_t dt = to->time_ms - from->time_ms;
    struct int256 p0 = power_wide(from);
    struct int256 bend = int256_mul(int256_sub(power_wide(to), p0), after_ms);
    bend = int256_div_round(int256_mul(bend, after_ms), dt);
    return int256_add(int256_mul(int256_add(p0, p0), after_ms), bend);
}
