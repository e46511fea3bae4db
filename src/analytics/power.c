/*
 * power.c - trapezoids.
 *
 * Between two points the power is a straight line. Up to a milliseconds
 * after the first point the doubled energy is
 *     E(a) = 2 p0 a + (p1 - p0) a^2 / dt,
 * cut at 2^-60 of a unit. At dt it is (p0 + p1) dt, without a rest.
 */
#include "analytics/power.h"

#include <math.h>

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
                              rest * ((int128)1 << ENERGY_REST_BITS) / dt};
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

bool
power_is_returned(const struct power_point *point)
{
    if (point->nw == TOTALS_WIDE)
        return int256_is_negative(point->wide);
    return point->nw < 0 && point->nw != TOTALS_NO_POWER;
}

/* value * factor, 0 <= factor <= 1, rounded to the nearest. */
static struct int256
scale(struct int256 value, double factor)
{
    int exponent;
    double mantissa = frexp(factor, &exponent); /* 53 bits, below 1 */
    int64_t digits = (int64_t)ldexp(mantissa, 53);
    value = int256_mul(value, digits);
    for (int shift = 53 - exponent; shift > 0; shift -= 62)
        value =
            int256_div_round(value, INT64_C(1) << (shift < 62 ? shift : 62));
    return value;
}

/*
 * At a moment a the line is at q(a) / dt, q(a) = p0 dt + (p1 - p0) a. Below
 * zero it is a triangle of height |q| / dt that lasts |q| / |p1 - p0|; its
 * doubled area is |q| times the share |q| / (dt |p1 - p0|). The smaller of the
 * two triangles is computed, and the other one follows from the net energy: so
 * both are right, whatever their sizes.
 */
struct energy_sum
power_returned(const struct power_point *from, const struct power_point *to,
               int64_t begin_ms, int64_t end_ms, const struct energy_sum *net)
{
    const int64_t dt = to->time_ms - from->time_ms;
    const struct int256 p0 = power_wide(from);
    struct int256 rise = int256_sub(power_wide(to), p0);
    const struct int256 start = int256_mul(p0, dt);
    struct int256 q0 = int256_add(start, int256_mul(rise, begin_ms));
    struct int256 q1 = int256_add(start, int256_mul(rise, end_ms));
    const bool is_negative[] = {int256_is_negative(q0), int256_is_negative(q1)};
    if (!is_negative[0] && !is_negative[1])
        return (struct energy_sum){0};
    if (is_negative[0] == is_negative[1] ||
        int256_is_zero(is_negative[0] ? q1 : q0))
        return energy_negated(net);
    struct int256 below = int256_neg(is_negative[0] ? q0 : q1);
    struct int256 above = is_negative[0] ? q1 : q0;
    rise = int256_mul(int256_is_negative(rise) ? int256_neg(rise) : rise, dt);
    struct energy_sum returned = {0};
    if (int256_compare(below, above) > 0) {
        returned = energy_negated(net);
        below = above;
    }
    returned.wide =
        int256_add(returned.wide, scale(below, int256_ratio(below, rise)));
    return returned;
}
