/*
 * energy_split.h - the energy of a step, split where the cells of a time
 * partition meet: for hours, days, buckets and prices alike.
 *
 * A step is a straight line between two powers, or an energy that is spread
 * evenly over a span: that of an interval, or of two readings of a counter.
 */
#ifndef ANALYTICS_ENERGY_SPLIT_H
#define ANALYTICS_ENERGY_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/power.h"
#include "base/time_partition.h"

/* The energy within a cell. */
struct energy_part {
    int64_t begin_ms, end_ms;   /* the part of the step that lies in it; equal
                                   only when the step takes no time */
    bool is_wide;               /* one end of the step has a wide power */
    bool has_returned;          /* one end of the step is below zero */
    struct energy_sum net;      /* wide alone, or units and rest alone */
    struct energy_sum returned; /* >= 0; when has_returned */
};

/* Takes a part, in order of time. A status other than 0 ends the split. */
typedef int (*energy_take)(void *context, const struct time_cell *cell,
                           const struct energy_part *part);

/* An energy that is spread evenly over a span. */
struct even_energy {
    int64_t from_ms, to_ms; /* equal: all of it at that instant */
    int128 net;             /* units: imported - returned */
    int128 returned;        /* units, >= 0 */
};

/* A step, or a part of it. */
struct energy_step {
    const struct power_point *from, *to; /* ends of a line; have a power */
    const struct even_energy *even;      /* or this; else NULL */
    int64_t begin_ms, end_ms; /* the part to be split, within the step */
    const struct time_partition *partition;
};

/*
 * Splits the energy of a step. The parts of whole steps add up exactly,
 * whatever the partition. *cell may be TIME_CELL_NONE, or a cell near the
 * begin, which is quicker; it becomes that of the end. 0, or the status that
 * `take` returned.
 */
int energy_split(const struct energy_step *step, struct time_cell *cell,
                 energy_take take, void *context);

/* The energy of a whole step between narrow powers, in units. */
static inline int128
energy_of_narrow_step(const struct power_point *from,
                      const struct power_point *to)
{
    return (int128)(from->nw + to->nw) * (to->time_ms - from->time_ms);
}

/* The same of any powers, in 1e-18 units. */
struct int256 energy_of_wide_step(const struct power_point *from,
                                  const struct power_point *to);

/* What a whole step returns. */
struct energy_sum energy_returned_by_step(const struct power_point *from,
                                          const struct power_point *to);

#endif
