/*
 * quotient.c - from exact sums to doubles, in 256 bits only where 128 are not
 * enough.
 *
 * The narrow and the wide part of a sum are brought to one unit and added
 * before the division, so the result is the double nearest to the exact
 * quotient. What follows the division only scales by a power of two; nothing
 * is rounded twice.
 */
#include "analytics/quotient.h"

#include <math.h>

#include "analytics/efficiency.h"
#include "analytics/power.h"
#include "base/decimal.h"

struct int256
quotient_wide(int128 units)
{
    return int256_mul(int256_from(units), POWER_WIDE_PER_NW);
}

double
quotient_of_wide(struct int256 numerator, uint64_t denominator, int64_t unit)
{
    struct int256 d = int256_mul(int256_from((int128)denominator), unit);
    return int256_ratio(numerator, int256_mul(d, POWER_WIDE_PER_NW));
}

static double
kwh_of(int128 units)
{
    return int128_ratio(units, PROFILE_UNITS_PER_KWH);
}

double
quotient_kwh(int128 units, struct int256 wide)
{
    if (int256_is_zero(wide))
        return kwh_of(units);
    return quotient_of_wide(int256_add(quotient_wide(units), wide),
                            PROFILE_UNITS_PER_KWH, 1);
}

double
quotient_kwh_of_parts(const struct profile_energy *e)
{
    if (e->rest == 0 && int256_is_zero(e->wide))
        return kwh_of(e->units);
    const int64_t one = INT64_C(1) << PROFILE_REST_BITS;
    const int128 safe = (int128)1 << 66; /* times `one`: below 2^127 */
    if (int256_is_zero(e->wide) && e->units < safe && e->units > -safe)
        return int128_ratio(e->units * one + e->rest, PROFILE_UNITS_PER_KWH) /
               (double)one;
    struct int256 sum = int256_mul(int256_from(e->units), one);
    sum = int256_add(sum, int256_from(e->rest));
    sum = int256_mul(sum, POWER_WIDE_PER_NW);
    sum = int256_add(sum, int256_mul(e->wide, one));
    return quotient_of_wide(sum, PROFILE_UNITS_PER_KWH, one);
}

double
quotient_efficiency(int128 milli, int128 nano, uint64_t n)
{
    if (n == 0)
        return NAN;
    if (nano == 0)
        return ldexp(int128_ratio(milli, n), -EFFICIENCY_MILLI_BITS);
    const int shift = EFFICIENCY_NANO_BITS - EFFICIENCY_MILLI_BITS;
    struct int256 sum =
        int256_mul(int256_from(milli), DECIMAL_ONE * (INT64_C(1) << shift));
    sum = int256_add(sum, int256_from(nano));
    struct int256 places = int256_mul(int256_from(DECIMAL_ONE), (int64_t)n);
    return ldexp(int256_ratio(sum, places), -EFFICIENCY_NANO_BITS);
}

double
quotient_watts_narrow(int128 nw, uint64_t n)
{
    if (n <= UINT64_MAX / (uint64_t)DECIMAL_ONE)
        return int128_ratio(nw, n * (uint64_t)DECIMAL_ONE);
    return quotient_of_wide(quotient_wide(nw), n, DECIMAL_ONE);
}

double
quotient_watts(int128 nw, struct int256 wide, uint64_t n)
{
    if (int256_is_zero(wide))
        return quotient_watts_narrow(nw, n);
    return quotient_of_wide(int256_add(quotient_wide(nw), wide), n,
                            DECIMAL_ONE);
}
