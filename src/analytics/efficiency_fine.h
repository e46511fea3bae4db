/*
 * efficiency_fine.h - the efficiency of a reading to the last of 90 bits.
 *
 * The terms of efficiency.h are right to 2^-56. That is enough for a mean of
 * terms of one sign, and not where terms of both signs cancel: then a mean of
 * 1e-9 would be right to eight digits only. These terms are for such sums.
 */
#ifndef ANALYTICS_EFFICIENCY_FINE_H
#define ANALYTICS_EFFICIENCY_FINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wide_int.h"

/*
 * e in 1e-9 * 2^-60, as the sums of efficiency.h for other power factors have
 * it, right to one unit. |power_factor_nano| <= 1e9, 0 <= current_nano <=
 * 1e18. Values of power factors and currents in thousandths are kept in tables
 * unless no_cache; thread-safe.
 */
int128 efficiency_fine(int64_t power_factor_nano, int64_t current_nano,
                       bool no_cache);

#endif
