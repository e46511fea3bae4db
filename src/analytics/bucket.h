/*
 * bucket.h - the exact sums over one segment of time.
 *
 * Buckets form a monoid: those of the same time, of several devices, add up in
 * any order. Sums are integers in the units of
 * totals.h; quotients are formed once, by bucket_figures.
 */
#ifndef ANALYTICS_BUCKET_H
#define ANALYTICS_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/bucket_rule.h"
#include "analytics/energy_split.h"
#include "analytics/reading.h"
#include "base/wide_int.h"
#include "wattle/query.h"

/* Columns whose means are kept: voltage, current, power factor. */
#define BUCKET_COLUMNS 3

/* What only few buckets have: see "wide" in totals.h. */
struct bucket_wide {
    uint64_t n_power;
    struct int256 power, min, max;
    struct int256 energy;
    struct energy_sum returned; /* >= 0 */
};

struct bucket {
    struct bucket_range range;
    int64_t first_ms, last_ms; /* of its readings; first > last: none */
    int64_t covered_ms;        /* the time that its energy is of */
    uint64_t n_readings;
    uint64_t n_power; /* readings with a power */
    uint64_t n_efficiency;
    uint64_t n_values[BUCKET_COLUMNS];
    int64_t min_nw, max_nw; /* of the narrow powers */
    int128 power_nw;
    int128 energy;      /* units */
    int128 energy_rest; /* 2^-60 units, from steps cut at borders */
    int128 efficiency;  /* 1e-9 * 2^-60, of efficiency_fine.h */
    int128 values_nano[BUCKET_COLUMNS];
    struct int256 means;      /* of devices, see quotient_mean */
    bool is_joint;            /* of several devices: means are their sum */
    struct bucket_wide *wide; /* NULL for most; owned */
};

void bucket_init(struct bucket *bucket, struct bucket_range range);
void bucket_release(struct bucket *bucket);

/* Nothing is added any more to the bucket of a device: it can join others. */
void bucket_finish(struct bucket *bucket);

/*
 * Adds all of another device's, which keeps its own. Both are finished. 0 or
 * WATTLE_ERR_MEMORY.
 */
int bucket_add(struct bucket *bucket, const struct bucket *other);

/*
 * Adds a reading with its power, energy and efficiency; the step that leads
 * to it is not part of this. 0 or WATTLE_ERR_MEMORY.
 */
int bucket_add_reading(struct bucket *bucket, const struct reading *reading);

/*
 * Adds the energy of a part of a step; not its time. 0 or WATTLE_ERR_MEMORY.
 */
int bucket_add_part(struct bucket *bucket, const struct energy_part *part);

/* Whether `fields` names the mean of a column. */
static inline bool
bucket_wants(unsigned fields, int column)
{
    return (fields & ((unsigned)WATTLE_QUERY_VOLTAGE << column)) != 0;
}

/* Adds a row's voltage, current and power factor, those that `fields` names. */
void bucket_add_values(struct bucket *bucket, const struct batch_view *batch,
                       size_t row, unsigned fields);

/* The bucket's wide part, made if need be; NULL = no memory. */
struct bucket_wide *bucket_wide_of(struct bucket *bucket);

/* The energy of a bucket, and what is returned of it, >= 0. */
struct energy_sum bucket_energy(const struct bucket *bucket);
struct energy_sum bucket_returned(const struct bucket *bucket);

/*
 * The means and sums that `fields` names (bits of enum wattle_query_field); all
 * others are NaN. The cost is left NaN.
 */
void bucket_figures(const struct bucket *bucket, unsigned fields,
                    struct wattle_query_figures *figures);

#endif
