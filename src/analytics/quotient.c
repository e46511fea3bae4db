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
    return int128_ratio(units, ENERGY_UNITS_PER_KWH);
}

double
quotient_kwh(int128 units, struct int256 wide)
{
    if (int256_is_zero(wide))
        return kwh_of(units);
    return quotient_of_wide(int256_add(quotient_wide(units), wide),
                            ENERGY_UNITS_PER_KWH, 1);
}

/* In 2^-60 of a wide unit. */
static struct int256
whole_of_parts(const struct energy_sum *e)
{
    const int64_t one = INT64_C(1) << ENERGY_REST_BITS;
    struct int256 sum = int256_mul(int256_from(e->units), one);
    sum = int256_add(sum, int256_from(e->rest));
    sum = int256_mul(sum, POWER_WIDE_PER_NW);
    return int256_add(sum, int256_mul(e->wide, one));
}

double
quotient_kwh_of_parts(const struct energy_sum *e)
{
    if (e->rest == 0 && int256_is_zero(e->wide))
        return kwh_of(e->units);
    const int64_t one = INT64_C(1) << ENERGY_REST_BITS;
    const int128 safe = (int128)1 << 66; /* times `one`: below 2^127 */
    if (int256_is_zero(e->wide) && e->units < safe && e->units > -safe)
        return int128_ratio(e->units * one + e->rest, ENERGY_UNITS_PER_KWH) /
               (double)one;
    return quotient_of_wide(whole_of_parts(e), ENERGY_UNITS_PER_KWH, one);
}

struct energy_sum
quotient_imported(const struct energy_sum *energy,
                  const struct energy_sum *returned)
{
    struct energy_sum imported = *energy;
    energy_add(&imported, returned);
    return imported;
}

double
quotient_imported_kwh(const struct energy_sum *energy,
                      const struct energy_sum *returned)
{
    const struct energy_sum imported = quotient_imported(energy, returned);
    return quotient_kwh_of_parts(&imported);
}

/* A price has 50 bits: 2^-20 of 1e-18 units is as fine as there is room for. */
static struct int256
price(const struct energy_sum *e, int64_t rate_nano, int kept_bits)
{
    const int64_t one = INT64_C(1) << kept_bits;
    struct int256 sum = int256_mul(int256_from(e->units), one);
    sum =
        int256_add(sum, int256_from(e->rest >> (ENERGY_REST_BITS - kept_bits)));
    sum = int256_mul(sum, ENERGY_WIDE_PER_UNIT);
    sum = int256_add(sum, int256_mul(e->wide, one));
    return int256_mul(sum, rate_nano);
}

double
quotient_cost(const struct energy_sum *imported, int64_t rate_nano,
              const struct energy_sum *returned, int64_t return_nano)
{
    const int kept_bits = 20;
    struct int256 kwh = int256_from(ENERGY_UNITS_PER_KWH);
    kwh = int256_mul(int256_mul(kwh, DECIMAL_ONE), ENERGY_WIDE_PER_UNIT);
    return int256_ratio(int256_sub(price(imported, rate_nano, kept_bits),
                                   price(returned, return_nano, kept_bits)),
                        int256_mul(kwh, INT64_C(1) << kept_bits));
}

/* Energy is in half nW ms, hence the 2. */
struct int256
quotient_mean(const struct energy_sum *energy, int64_t covered_ms)
{
    return int256_div_round(whole_of_parts(energy), 2 * covered_ms);
}

double
quotient_mean_watts(const struct energy_sum *energy, int64_t covered_ms)
{
    const uint64_t half_ms = 2 * (uint64_t)covered_ms;
    if (energy->rest == 0)
        return quotient_watts(energy->units, energy->wide, half_ms);
    struct int256 places =
        int256_mul(int256_from((int128)half_ms), POWER_WIDE_PER_NW);
    places = int256_mul(places, INT64_C(1) << ENERGY_REST_BITS);
    return int256_ratio(whole_of_parts(energy),
                        int256_mul(places, DECIMAL_ONE));
}

double
quotient_watts_of_means(struct int256 means)
{
    return quotient_watts(0, means, UINT64_C(1) << QUOTIENT_MEAN_BITS);
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
