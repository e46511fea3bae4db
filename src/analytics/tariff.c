/*
 * tariff.c - what a mean power costs in a month.
 *
 * A price of up to nine decimals, and below a million, is kept as a whole
 * number of 1e-9 of the currency. Its costs are exact products that are
 * divided and rounded once. For any other price the mean power is rounded
 * first, and the cost is computed in doubles.
 */
#include "analytics/tariff.h"

#include <math.h>

#include "analytics/power.h"
#include "base/decimal.h"

#define HOURS_PER_MONTH 720 /* 30 days */
#define W_PER_KW        1000

static uint128
greatest_divisor(uint128 a, uint128 b)
{
    while (b != 0) {
        uint128 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void
tariff_init(struct tariff *tariff, double rate_per_kwh)
{
    double nano = nearbyint(rate_per_kwh * 1e9);
    *tariff = (struct tariff){.rate_per_kwh = rate_per_kwh};
    if (!(fabs(nano) < 1e15) || nano / 1e9 != rate_per_kwh)
        return;
    tariff->is_decimal = true;
    tariff->rate_nano = (int64_t)nano;
    uint64_t size = (uint64_t)fabs(nano) * HOURS_PER_MONTH;
    uint128 divisor = (uint128)DECIMAL_ONE * (uint128)DECIMAL_ONE * W_PER_KW;
    uint128 common = greatest_divisor(divisor, size);
    tariff->divisor = divisor / common;
    tariff->factor = (int64_t)(size / (uint64_t)common);
    if (nano < 0)
        tariff->factor = -tariff->factor;
}

double
tariff_cost_of_mean(const struct tariff *tariff, double mean_power_w)
{
    return mean_power_w / W_PER_KW * HOURS_PER_MONTH * tariff->rate_per_kwh;
}

double
tariff_cost(const struct tariff *tariff, int128 nw, struct int256 wide,
            uint64_t n)
{
    const int128 safe = (int128)1 << 64; /* times a factor: below 2^127 */
    if (tariff->is_decimal && int256_is_zero(wide) && nw < safe && nw > -safe &&
        tariff->divisor <= UINT64_MAX / n)
        return int128_ratio(nw * tariff->factor, (uint64_t)tariff->divisor * n);
    struct int256 sum = int256_mul(int256_from(nw), POWER_WIDE_PER_NW);
    struct int256 places = int256_mul(int256_from((int128)n), DECIMAL_ONE);
    sum = int256_add(sum, wide);
    places = int256_mul(places, POWER_WIDE_PER_NW);
    if (!tariff->is_decimal)
        return tariff_cost_of_mean(tariff, int256_ratio(sum, places));
    sum = int256_mul(sum, tariff->rate_nano * HOURS_PER_MONTH);
    return int256_ratio(sum, int256_mul(places, W_PER_KW * DECIMAL_ONE));
}
