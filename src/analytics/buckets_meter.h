/*
 * buckets_meter.h - buckets of a device that needs a meter (meter.h).
 *
 *     buckets_begin(&buckets);
 *     buckets_meter_begin(&by_meter, &buckets);
 *     while (by_meter.meter.phase != METER_DONE) {
 *         for each batch of all readings of the device:
 *             buckets_meter_add(&by_meter, &batch, &row);
 *             ... the first buckets_meter_final() buckets may be dropped
 *         buckets_meter_end_phase(&by_meter);
 *     }
 *
 * Steps come out of a meter in no particular order, so buckets are looked up by
 * their time.
 */
#ifndef ANALYTICS_BUCKETS_METER_H
#define ANALYTICS_BUCKETS_METER_H

#include <stdbool.h>
#include <stddef.h>

#include "analytics/buckets.h"
#include "analytics/meter.h"

/* A step over more buckets is refused. */
#define BUCKETS_METER_MOST 1000000

struct buckets_meter {
    struct buckets *buckets; /* borrowed */
    struct meter meter;      /* zero-initialised at first */
    struct time_cell cell;   /* of the step before */
};

/* Begins with the next device; its rule and range are those of the buckets. */
void buckets_meter_begin(struct buckets_meter *by_meter,
                         struct buckets *buckets, bool holds);
void buckets_meter_release(struct buckets_meter *by_meter);

/*
 * Takes rows from *row on, which becomes the first row not taken: all are, or
 * there are BUCKETS_ENOUGH buckets or more to be dropped first. 0,
 * WATTLE_ERR_MEMORY, or WATTLE_ERR_USAGE: a step lasts
 * longer than BUCKETS_METER_MOST buckets.
 */
int buckets_meter_add(struct buckets_meter *by_meter,
                      const struct batch_view *batch, size_t *row);
int buckets_meter_end_phase(struct buckets_meter *by_meter);

/* How many buckets of the list are final; they are completed. */
size_t buckets_meter_final(struct buckets_meter *by_meter);

#endif
