/*
 * efficiency_fine.c - the series of efficiency.c with 127 bits.
 *
 * A fraction is an unsigned number of 2^-127, so one is 2^127. Each step of a
 * series rounds down by one unit at most and there are fewer than 100 steps, so
 * g and b are right to 2^-112; the result has 90 bits.
 */
#include "analytics/efficiency_fine.h"

#include <stdatomic.h>
#include <stddef.h>

#include "analytics/efficiency.h"
#include "base/decimal.h"

#define ONE ((uint128)1 << 127)

/* ln 2 * 2^127 */
#define LN2                                                                    \
    ((uint128)UINT64_C(0x58b90bfbe8e7bcd5) << 64 | UINT64_C(0xe4f1d9cc01f97b57))

#define NANO_PER_MILLI (DECIMAL_ONE / 1000)
#define N_FACTORS      1001 /* 0.000 .. 1.000 */

/* a * b of two fractions, each at most one. */
static uint128
times(uint128 a, uint128 b)
{
    const uint64_t a_low = (uint64_t)a, b_low = (uint64_t)b;
    const uint64_t a_high = (uint64_t)(a >> 64), b_high = (uint64_t)(b >> 64);
    uint128 middle = (uint128)a_high * b_low + (uint128)a_low * b_high;
    middle += (uint128)a_low * b_low >> 64;
    return ((uint128)a_high * b_high << 1) + (middle >> 63);
}

/* numerator / denominator as a fraction; numerator <= denominator < 2^64. */
static uint128
fraction(uint64_t numerator, uint64_t denominator)
{
    const uint128 high = ((uint128)numerator << 64) / denominator;
    const uint128 rest = ((uint128)numerator << 64) % denominator;
    return (high << 63) + (rest << 63) / denominator;
}

/* exp(-y) for 0 <= y <= 1. */
static uint128
exp_minus(uint128 y)
{
    uint128 plus = 0, minus = 0; /* cosh(1) = 1.54 fits */
    uint128 term = ONE;
    for (unsigned k = 1; term != 0; k++) {
        if (k % 2 == 1)
            plus += term;
        else
            minus += term;
        term = times(term, y) / k;
    }
    const uint128 sum = plus - minus;
    return sum < ONE ? sum : ONE;
}

/* exp(-4 pf^2 (1 - pf^2)) */
static uint128
shape(uint64_t power_factor_nano)
{
    const uint64_t one = (uint64_t)DECIMAL_ONE;
    const uint128 s = fraction(power_factor_nano * power_factor_nano,
                               one * one); /* 1e18 < 2^64 */
    return exp_minus(times(s, ONE - s) * 4);
}

/* atanh(z) for 0 <= z <= 1/5. */
static uint128
atanh_of(uint128 z)
{
    const uint128 square = times(z, z);
    uint128 sum = 0;
    for (unsigned k = 1; z != 0; k += 2) {
        sum += z / k;
        z = times(z, square);
    }
    return sum;
}

/* ln(numerator / denominator) in 2^-122; numerator >= denominator. */
static uint128
ln_ratio(uint64_t numerator, uint64_t denominator)
{
    uint128 sum = 0;
    for (; denominator < numerator - numerator / 3; denominator *= 2)
        sum += LN2 >> 5;
    /* the ratio is within 2/3 .. 3/2 now: ln(n / d) = 2 atanh((n-d) / (n+d)) */
    if (numerator < denominator)
        return sum - (atanh_of(fraction(denominator - numerator,
                                        denominator + numerator)) >>
                      4);
    return sum + (atanh_of(fraction(numerator - denominator,
                                    numerator + denominator)) >>
                  4);
}

/* 1 / (1 + ln(1 + current)) */
static uint128
load(uint64_t current_nano)
{
    const uint64_t one = (uint64_t)DECIMAL_ONE;
    const uint128 one_122 = ONE >> 5;
    const uint128 divisor = one_122 + ln_ratio(current_nano + one, one);
    /* one step of Newton's doubles the 57 bits of the coarse one */
    const uint128 coarse = (uint128)efficiency_load((int64_t)current_nano)
                           << 64;
    const uint128 product = times(divisor, coarse); /* in 2^-122 */
    if (product > one_122)
        return coarse - times(coarse, (product - one_122) << 5);
    return coarse + times(coarse, (one_122 - product) << 5);
}

/* A fraction that two threads may write at once: the same; odd, 0 = unknown. */
struct shared_fraction {
    _Atomic uint64_t high, low;
};

static struct shared_fraction shapes[N_FACTORS];
static struct shared_fraction loads[EFFICIENCY_CURRENTS];

/* A function's value, from its table if it has a place there. */
static uint128
look_up(struct shared_fraction *at, uint128 (*compute)(uint64_t), uint64_t nano)
{
    if (at == NULL)
        return compute(nano);
    const uint64_t high = atomic_load_explicit(&at->high, memory_order_relaxed);
    const uint64_t low = atomic_load_explicit(&at->low, memory_order_relaxed);
    if (high != 0 && low != 0)
        return (uint128)high << 64 | low;
    const uint128 value = compute(nano) | 1;
    atomic_store_explicit(&at->high, (uint64_t)(value >> 64),
                          memory_order_relaxed);
    atomic_store_explicit(&at->low, (uint64_t)value, memory_order_relaxed);
    return value;
}

static struct shared_fraction *
place_in(struct shared_fraction *table, uint64_t n, uint64_t nano)
{
    const uint64_t milli = nano / NANO_PER_MILLI;
    return nano % NANO_PER_MILLI == 0 && milli < n ? &table[milli] : NULL;
}

int128
efficiency_fine(int64_t power_factor_nano, int64_t current_nano, bool no_cache)
{
    const uint64_t current = (uint64_t)current_nano;
    const uint64_t factor =
        (uint64_t)(power_factor_nano < 0 ? -power_factor_nano
                                         : power_factor_nano);
    struct shared_fraction *of_factor =
        no_cache ? NULL : place_in(shapes, N_FACTORS, factor);
    struct shared_fraction *of_current =
        no_cache ? NULL : place_in(loads, EFFICIENCY_CURRENTS, current);
    const uint128 product =
        times(look_up(of_factor, shape, factor) | 1,
              look_up(of_current, load, current) | 1); /* in 2^-127 */
    /* in 2^-90, times 1e-9 units of the factor: below 2^120 */
    const uint128 term = (product >> 37) * factor;
    const int128 rounded = (int128)((term + (UINT64_C(1) << 29)) >> 30);
    return power_factor_nano < 0 ? -rounded : rounded;
}
