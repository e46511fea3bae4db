/*
 * quotient.h - exact sums to doubles: each is the double nearest to the exact
 * quotient, formed once, when all adding is done.
 *
 * A sum has a narrow and a wide part, see totals.h; either may be zero.
 */
#ifndef ANALYTICS_QUOTIENT_H
#define ANALYTICS_QUOTIENT_H

#include <stdint.h>

#include "analytics/profile.h"
#include "base/wide_int.h"

/* A narrow sum in the units of wide ones. */
struct int256 quotient_wide(int128 units);

/* numerator / (denominator * unit), the numerator wide. */
double quotient_of_wide(struct int256 numerator, uint64_t denominator,
                        int64_t unit);

/* Mean power in W, of n > 0 readings with nW and 1e-27 W in all. */
double quotient_watts(int128 nw, struct int256 wide, uint64_t n);
double quotient_watts_narrow(int128 nw, uint64_t n);

/* Energy in kWh. */
double quotient_kwh(int128 units, struct int256 wide);
double quotient_kwh_of_parts(const struct energy_sum *energy);

/* The energy without what is returned: the two add up to what is imported. */
struct energy_sum quotient_imported(const struct energy_sum *energy,
                                    const struct energy_sum *returned);
double quotient_imported_kwh(const struct energy_sum *energy,
                             const struct energy_sum *returned);

/*
 * Cost of an energy at rate_nano 1e-9 of the currency per kWh, less what is
 * paid for the energy returned.
 */
double quotient_cost(const struct energy_sum *imported, int64_t rate_nano,
                     const struct energy_sum *returned, int64_t return_nano);

/*
 * Mean power of an energy over covered_ms > 0, as an integer that can be added
 * up: in 2^-QUOTIENT_MEAN_BITS * 1e-27 W.
 */
#define QUOTIENT_MEAN_BITS 60
struct int256 quotient_mean(const struct energy_sum *energy,
                            int64_t covered_ms);

/* The same as a double in W; and that of a sum of such means. */
double quotient_mean_watts(const struct energy_sum *energy, int64_t covered_ms);
double quotient_watts_of_means(struct int256 means);

/* Mean efficiency of sums in 2^-56 and in 1e-9 * 2^-60; NaN when n is 0. */
double quotient_efficiency(int128 milli, int128 nano, uint64_t n);

#endif
