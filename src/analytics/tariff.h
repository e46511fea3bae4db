/*
 * tariff.h - what energy costs: a price per kWh; a month has 30 days of 24
 * hours.
 *
 * A price of up to nine decimals is taken as that decimal, not as the double
 * next to it, so that a cost is the double nearest to the exact amount.
 */
#ifndef ANALYTICS_TARIFF_H
#define ANALYTICS_TARIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/profile.h"
#include "base/wide_int.h"

struct tariff {
    double rate_per_kwh, return_rate_per_kwh;
    bool is_decimal; /* both are these, in 1e-9 */
    int64_t rate_nano, return_nano;
};

/* The price of what is imported, and what is paid for what is returned. */
void tariff_init(struct tariff *tariff, double rate_per_kwh,
                 double return_rate_per_kwh);

/*
 * Monthly cost of a mean power: sums of n powers, imported and returned (>= 0),
 * in 1e-27 W. A negative cost is earned.
 */
double tariff_monthly_cost(const struct tariff *tariff, struct int256 imported,
                           struct int256 returned, uint64_t n);

/* Cost of an energy, of which `returned` (>= 0) is fed back. */
double tariff_cost(const struct tariff *tariff, const struct energy_sum *energy,
                   const struct energy_sum *returned);

#endif
