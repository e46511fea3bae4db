/*
 * rollup_builder.h - what a device's readings say day by day and hour by hour,
 * and in all, while they pass.
 *
 * Readings go in once, in ascending order; the totals and the profile of
 * each segment (a chunk) come out, and a sum for each day. A step between
 * two segments is in neither totals but in the days.
 *
 * All functions that return int give 0 or WATTLE_ERR_MEMORY.
 */
#ifndef ANALYTICS_ROLLUP_BUILDER_H
#define ANALYTICS_ROLLUP_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/totals.h"

/* One day, as the tables show it. */
struct day_sum {
    int64_t day; /* since 1970-01-01 */
    uint64_t n_readings;
    uint64_t n_power;                /* those with a power */
    int64_t mean_mw, min_mw, max_mw; /* of those */
    int64_t energy_mwh;
    int64_t hour_mwh[24];
    uint32_t hours; /* bits: hours with readings or energy */
};

/* A day that is still growing. */
struct day_hours {
    bool is_there;
    int64_t day;
    uint64_t n_readings;
    int64_t min_nw, max_nw; /* of the narrow powers */
    bool has_wide;
    struct int256 min_wide, max_wide; /* of the others */
    struct profile_hour hours[24];
};

struct rollup_builder {
    struct totals_set set;           /* one device, number 0 */
    struct totals_set join;          /* for steps between segments; the same */
    struct time_partition partition; /* the days */
    struct day_hours day, before;
    int64_t min_nw, max_nw;           /* the same */
    struct int256 min_wide, max_wide; /* the same, when n_wide > 0 */
    uint64_t n_wide;                  /* wide powers of it, folded */
    uint64_t n_seen;                  /* readings of the segment, folded */
    bool has_wide;
    bool is_joining;
    struct device_totals last; /* of the segment before */
    /* what has come out, see rollup_builder_take */
    struct day_sum *days;
    size_t n_days, day_cap;
};

/* Days in their order; the owner frees them. */
struct day_sums {
    struct day_sum *days;
    size_t n;
};

/*
 * Hours and days are those of the zone, which is borrowed; NULL = UTC. Steps
 * longer than max_gap_ms add no energy. Release it in any case.
 */
int rollup_builder_init(struct rollup_builder *builder,
                        const struct kernels *kernels,
                        const struct wattle_zone *zone, int64_t max_gap_ms);
void rollup_builder_release(struct rollup_builder *builder);

/* Forgets everything, to begin with another device. */
int rollup_builder_reset(struct rollup_builder *builder);

/* Adds rows of the device, which is number 0. */
int rollup_builder_add(struct rollup_builder *builder,
                       const struct batch_view *batch);

/* Power and energy of the present segment so far. */
void rollup_builder_read(struct rollup_builder *builder, int128 *power_nw,
                         int128 *energy);

/*
 * Ends the segment: its totals (the extra part is the caller's), its first
 * reading (the states are the caller's) and its profile (to be released by the
 * caller); all three are set, and the caller's, on failure as well.
 */
int rollup_builder_cut(struct rollup_builder *builder,
                       struct device_totals *totals, struct totals_first *first,
                       struct profile *profile);

/* Ends the last day, after rollup_builder_cut. */
int rollup_builder_finish(struct rollup_builder *builder);

/* The days that have ended since the last call. */
struct day_sums rollup_builder_take(struct rollup_builder *builder);

#endif
