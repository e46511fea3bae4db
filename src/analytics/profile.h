/*
 * profile.h - power and energy by hour of the day, energy by day.
 *
 * Sums are integers and so do not depend on the order of adding. Power is in
 * nW; for energy see energy_sum.h. The wide sums are used only for readings
 * that do not fit whole nW.
 */
#ifndef ANALYTICS_PROFILE_H
#define ANALYTICS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/energy_sum.h"
#include "base/wide_int.h"

struct profile_hour {
    uint64_t n_readings; /* those with a power */
    int128 power_nw;
    struct int256 power_wide;
    struct energy_sum energy;
};

struct profile_day {
    int64_t day; /* since 1970-01-01 */
    bool has_readings;
    struct energy_sum energy;
};

/* The hours of one day. */
struct profile_day_hours {
    int64_t day;
    struct profile_hour hours[24];
};

struct profile {
    struct profile_hour hours[24];
    /*
     * With keeps_hours: what was added to hours since the caller has emptied
     * this last (n_open = 0), by day.
     */
    bool keeps_hours;
    struct profile_day_hours *open;
    size_t n_open, open_cap;
    struct profile_day *days; /* in order of arrival */
    size_t n_days, day_cap;
    uint32_t *slots; /* hash of days: index + 1 */
    size_t n_slots;
    size_t latest; /* index of the day found last */
    bool failed;   /* memory ran out: sums are not to be used */
};

void profile_init(struct profile *profile);
void profile_release(struct profile *profile);

/* An hour is its day since 1970-01-01, times 24, plus the hour of the day. */
void profile_add_power(struct profile *profile, int64_t hour, uint64_t n,
                       int128 power_nw);
void profile_add_energy(struct profile *profile, int64_t hour, int128 units);
/* Power of n readings, and energy: both of the above at once. */
void profile_add_hour(struct profile *profile, int64_t hour, uint64_t n,
                      int128 power_nw, int128 units);
void profile_add_part(struct profile *profile, int64_t hour, int128 units,
                      int128 rest);
void profile_add_power_wide(struct profile *profile, int64_t hour,
                            struct int256 power_wide);
void profile_add_energy_wide(struct profile *profile, int64_t hour,
                             struct int256 energy_wide);

/* Notes that the hour's day has readings, even if they add no power. */
void profile_add_day(struct profile *profile, int64_t hour);

/* Adds all of `other`. */
void profile_merge(struct profile *profile, const struct profile *other);

/*
 * Sorts the days and drops those with neither readings nor energy; nothing
 * may be added afterwards.
 */
void profile_finish(struct profile *profile);

#endif
