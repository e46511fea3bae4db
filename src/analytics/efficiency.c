/*
 * efficiency.c - exp and ln by short series in 64-bit fixed point.
 *
 * Every step rounds down at 2^-63 or finer and there are fewer than 64
 * steps, so g and b are right to about 2^-57. The promise is 1e-12 of the
 * size, 2^-40; the smallest e of a power factor in thousandths is 2^-15.
 */
#include "analytics/efficiency.h"

#include "base/decimal.h"

#define ONE            (UINT64_C(1) << 63)
#define LN2_63         UINT64_C(6393154322601327829) /* ln 2 * 2^63 */
#define NANO_PER_MILLI (DECIMAL_ONE / 1000)

static uint64_t
times(uint64_t a, uint64_t b)
{
    return (uint64_t)(((uint128)a * b) >> 63);
}

/* exp(-y) for 0 <= y <= 1, at 2^63: 22 terms of the series. */
static uint64_t
exp_minus(uint64_t y)
{
    uint64_t term = ONE;
    uint64_t plus = 0, minus = 0;
    for (uint64_t k = 1; term != 0; k++) {
        if (k % 2 == 1)
            plus += term / 2; /* halved: the sum may reach 1.55 */
        else
            minus += term / 2;
        term = times(term, y) / k;
    }
    uint64_t sum = plus - minus;
    return sum >= ONE / 2 ? ONE : sum * 2;
}

uint64_t
efficiency_shape(int64_t power_factor_nano)
{
    uint128 pf = (uint128)(power_factor_nano < 0 ? -power_factor_nano
                                                 : power_factor_nano);
    const uint128 one = (uint128)DECIMAL_ONE * DECIMAL_ONE;
    uint128 square = pf * pf; /* pf^2 * 1e18 */
    /* (pf^2 at 2^63) * (1 - pf^2 at 2^63) * 4; at most 2^63. */
    uint64_t s = (uint64_t)((square << 63) / one);
    uint64_t y = (uint64_t)(((uint128)s * (ONE - s)) >> 61);
    return exp_minus(y);
}

/* ln(numerator / denominator) at 2^58; at most 21, so it fits. */
static uint64_t
ln_ratio(uint64_t numerator, uint64_t denominator)
{
    uint64_t doublings = 0;
    while (denominator <= numerator / 2) {
        denominator *= 2;
        doublings++;
    }
    /* ln(n/d) = 2 atanh((n - d) / (n + d)), the argument below 1/3 */
    uint128 difference = numerator - denominator;
    uint64_t z =
        (uint64_t)((difference << 63) / ((uint128)numerator + denominator));
    uint64_t square = times(z, z);
    uint64_t sum = 0;
    uint64_t power = z;
    for (uint64_t k = 1; power != 0; k += 2) {
        sum += power / k;
        power = times(power, square);
    }
    uint128 whole = (uint128)doublings * LN2_63 + 2 * (uint128)sum;
    return (uint64_t)(whole >> 5);
}

uint64_t
efficiency_load(int64_t current_nano)
{
    uint64_t one_plus = (uint64_t)current_nano + (uint64_t)DECIMAL_ONE;
    uint64_t ln = ln_ratio(one_plus, (uint64_t)DECIMAL_ONE); /* at 2^58 */
    uint128 divisor = ((uint128)1 << 58) + ln;
    return (uint64_t)(((uint128)1 << 121) / divisor);
}

int64_t
efficiency_factor(int64_t power_factor_milli)
{
    uint64_t shape = efficiency_shape(power_factor_milli * NANO_PER_MILLI);
    int64_t value =
        (int64_t)((int128)power_factor_milli * (int64_t)(shape / 2) / 1000);
    return value | 1;
}

int64_t
efficiency_relief(int64_t current_nano)
{
    uint64_t load = efficiency_load(current_nano);
    return (int64_t)(load >> 5) | 1;
}

_Atomic int64_t efficiency_factors[EFFICIENCY_FACTORS];
_Atomic int64_t efficiency_reliefs[EFFICIENCY_CURRENTS];

int64_t
efficiency_factor_fill(int64_t power_factor_milli)
{
    int64_t value = efficiency_factor(power_factor_milli);
    uint64_t at = (uint64_t)(EFFICIENCY_MAX_FACTOR + power_factor_milli);
    if (at < EFFICIENCY_FACTORS)
        atomic_store_explicit(&efficiency_factors[at], value,
                              memory_order_relaxed);
    return value;
}

int64_t
efficiency_relief_fill(int64_t current_milli)
{
    int64_t value = efficiency_relief(current_milli * NANO_PER_MILLI);
    if (current_milli >= 0 && current_milli < EFFICIENCY_CURRENTS)
        atomic_store_explicit(&efficiency_reliefs[current_milli], value,
                              memory_order_relaxed);
    return value;
}
