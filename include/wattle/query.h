/*
 * query.h - readings of a database by time, in buckets.
 */
#ifndef WATTLE_QUERY_H
#define WATTLE_QUERY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The figures of a row, as bits. */
enum wattle_query_what {
    WATTLE_QUERY_POWER = 1,
    WATTLE_QUERY_ENERGY = 2,
    WATTLE_QUERY_VOLTAGE = 4,
    WATTLE_QUERY_CURRENT = 8,
    WATTLE_QUERY_POWER_FACTOR = 16,
    WATTLE_QUERY_EFFICIENCY = 32,
    WATTLE_QUERY_ALL = 63
};

/*
 * Means over the readings of a bucket, the doubles nearest to the exact ones;
 * NaN where nothing is known or it was not asked for. In a raw row the values
 * of the reading, and the energy of its interval if it gives one.
 */
struct wattle_query_figures {
    uint64_t n_readings;
    double mean_power_w, min_power_w, max_power_w;
    double energy_kwh; /* between the bucket's start and end */
    double voltage_v, current_a, power_factor;
    double efficiency; /* see docs/formulas.md */
    double cost;       /* energy_kwh * rate_per_kwh */
};

#ifdef __cplusplus
}
#endif

#endif
