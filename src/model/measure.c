/*
 * measure.c - the one table of measures: name, unit, kind, limits.
 *
 * A new measure is a line at the end and a member of enum wattle_measure.
 * Lines are never moved or removed, for databases hold their numbers.
 */
#include "model/measure.h"

#include <stdbool.h>

#include "base/decimal.h"

#define UP_TO(max)   .min_nano = 0, .max_nano = (max)
#define WITHIN(most) .min_nano = -(most), .max_nano = (most)

const struct wattle_measure_info measure_table[MEASURE_N] = {
    [WATTLE_VOLTAGE] = {"voltage", "V", WATTLE_LEVEL, UP_TO(DECIMAL_MAX)},
    [WATTLE_CURRENT] = {"current", "A", WATTLE_LEVEL, UP_TO(DECIMAL_MAX)},
    [WATTLE_POWER_FACTOR] = {"power_factor", "", WATTLE_LEVEL,
                             WITHIN(DECIMAL_ONE)},
    [WATTLE_POWER] = {"power", "W", WATTLE_LEVEL, WITHIN(DECIMAL_MAX)},
    [WATTLE_ENERGY] = {"energy_wh", "Wh", WATTLE_INTERVAL, WITHIN(DECIMAL_MAX)},
    [WATTLE_SPAN] = {"span_s", "s", WATTLE_ATTRIBUTE, UP_TO(DECIMAL_MAX)},
    [WATTLE_ENERGY_RETURNED] = {"energy_returned_wh", "Wh", WATTLE_INTERVAL,
                                UP_TO(DECIMAL_MAX)},
    [WATTLE_ENERGY_TOTAL] = {"energy_total_wh", "Wh", WATTLE_COUNTER,
                             WITHIN(DECIMAL_MAX)},
    [WATTLE_ENERGY_RETURNED_TOTAL] = {"energy_returned_total_wh", "Wh",
                                      WATTLE_COUNTER, WITHIN(DECIMAL_MAX)},
    [WATTLE_APPARENT_POWER] = {"apparent_power_va", "VA", WATTLE_LEVEL,
                               UP_TO(DECIMAL_MAX)},
    [WATTLE_REACTIVE_POWER] = {"reactive_power_var", "var", WATTLE_LEVEL,
                               WITHIN(DECIMAL_MAX)},
    [WATTLE_FREQUENCY] = {"frequency_hz", "Hz", WATTLE_LEVEL,
                          UP_TO(DECIMAL_MAX)},
};

bool
measure_allows(unsigned measure, int64_t value, unsigned decimals)
{
    const int64_t unit = decimal_power_of_ten(9 - (int)decimals);
    const struct wattle_measure_info *info = &measure_table[measure];
    return value >= info->min_nano / unit && value <= info->max_nano / unit;
}
