/*
 * totals_parts.h - what the totals_*.c files share. They use each other in this
 * order: totals.c, totals_row.c, totals_segment.c, totals_block.c; of
 * totals_row.c also totals_edges.c and totals_meter.c make use.
 */
#ifndef ANALYTICS_TOTALS_PARTS_H
#define ANALYTICS_TOTALS_PARTS_H

#include "analytics/totals.h"
#include "analytics/energy_split.h"
#include "analytics/power.h"
#include "analytics/reading.h"
#include "analytics/reading_block.h"

/* Empties the totals of a device, whose extra part has been taken. */
void totals_clear(struct device_totals *totals);

/* Adds the partial sums of the devices [from, to) to their totals. */
void totals_flush(struct totals_set *set, size_t from, size_t to);

/* Lets the quick way go on from what the general way has made of a device. */
void totals_reload(struct totals_set *set, size_t device);

/* Blocks of fewer rows are added row by row. */
#define TOTALS_SEGMENT_ROWS 16

/*
 * The quick way for a block of one device, in order of time: false when it is
 * not, and nothing has been added then. *status is 0 or WATTLE_ERR_MEMORY
 * otherwise.
 */
bool totals_segment_add(struct totals_set *set, const struct batch_view *batch,
                        const struct reading_block *readings, int *status);

/* The general way for one row. 0 or WATTLE_ERR_MEMORY. */
int totals_add_row(struct totals_set *set, const struct batch_view *batch,
                   size_t row);

/*
 * The quick way for a whole block of ordinary readings: false when it is not of
 * that kind, and nothing has been added then. *status is 0 or
 * WATTLE_ERR_MEMORY otherwise.
 */
bool totals_block_add(struct totals_set *set, const struct batch_view *batch,
                      int *status);

/* Adds the energy of a step to the profile; see energy_split for `hour`. */
void totals_split_step(struct totals_set *set, const struct power_point *from,
                       const struct power_point *to, struct time_cell *hour);

/*
 * Adds the step from the last reading of a device to a later point, to the
 * profile as well. 0 or WATTLE_ERR_MEMORY.
 */
int totals_add_step(struct totals_set *set, struct device_totals *totals,
                    const struct power_point *to);

/*
 * Adds a part of a step, of which more than its units may be known, to the
 * totals of a device that has an extra part, and to the profile.
 */
void totals_add_part(struct totals_set *set, struct device_totals *totals,
                     const struct time_cell *cell,
                     const struct energy_part *part);

/*
 * Adds a reading later than the last one without the step between: its powers
 * and its efficiency. 0 or WATTLE_ERR_MEMORY.
 */
int totals_add_levels(struct totals_set *set, uint32_t device,
                      const struct reading *reading);

/* The extra part of totals, made if need be; NULL = no memory. */
struct totals_extra *totals_extra_of(struct device_totals *totals);

#endif
