/*
 * totals_meter.h - a device that needs a meter (meter.h) into its totals.
 */
#ifndef ANALYTICS_TOTALS_METER_H
#define ANALYTICS_TOTALS_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/meter.h"
#include "analytics/totals.h"
#include "wattle/error.h"

/* All readings of one device in ascending order of time, again and again. */
struct reading_source {
    /* From the first one on. 0, or a status with the error set. */
    int (*rewind)(void *context, struct wattle_error *error);
    /* The next rows; n_rows = 0 at the end. The same statuses. */
    int (*next)(void *context, struct batch_view *batch,
                struct wattle_error *error);
    void *context;
};

struct totals_meter {
    struct meter meter;           /* zero-initialised; may be used again */
    bool holds;                   /* a power holds until the next one */
    uint64_t n_inside, n_outside; /* rows of the last device, by the range */
};

void totals_meter_release(struct totals_meter *meter);

/*
 * Adds a device, of which the set has no readings, within the range of the set.
 * 0, or a status with the error set.
 */
int totals_meter_add(struct totals_meter *meter, struct totals_set *set,
                     uint32_t device, const struct reading_source *source,
                     struct wattle_error *error);

#endif
