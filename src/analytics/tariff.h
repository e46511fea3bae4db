/*
 * tariff.h - what power costs: a price per kWh, 30 days of 24 hours a month.
 *
 * A price of up to nine decimals is taken as that decimal, not as the double
 * next to it, so that a cost is the double nearest to the exact amount.
 */
#ifndef ANALYTICS_TARIFF_H
#define ANALYTICS_TARIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wide_int.h"

struct tariff {
    double rate_per_kwh;
    bool is_decimal; /* rate = rate_nano / 1e9 */
    int64_t rate_nano;
    /* monthly cost = nW * factor / divisor, in lowest terms */
    int64_t factor;
    uint128 divisor;
};

void tariff_init(struct tariff *tariff, double rate_per_kwh);

/* Monthly cost of the mean power (nw * 1e-9 W + wide * 1e-27 W) / n. */
double tariff_cost(const struct tariff *tariff, int128 nw, struct int256 wide,
                   uint64_t n);

/* The same of a mean power known as a double; NaN of NaN. */
double tariff_cost_of_mean(const struct tariff *tariff, double mean_power_w);

#endif
