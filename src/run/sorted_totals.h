/*
 * sorted_totals.h - readings that did not come in order of time: what was
 * gathered of their devices is sorted, and added up.
 *
 * Of several readings of one device and time the latest in input order stays.
 * Devices that have more than powers are added by a meter.
 */
#ifndef RUN_SORTED_TOTALS_H
#define RUN_SORTED_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/totals.h"
#include "base/cancel_flag.h"
#include "sort/shuffle_set.h"

/* What becomes of a device's readings. */
enum divert {
    DIVERT_NOT,  /* added up as they come */
    DIVERT_SORT, /* sorted first */
    DIVERT_METER /* sorted for a meter, also those outside the range */
};

struct sorted_totals {
    const struct shuffle_part *parts; /* in input order */
    size_t n_parts;
    uint32_t n_devices;
    const uint8_t *diverted; /* [n_devices] enum divert */
    bool holds;              /* see meter.h */
    const struct kernels *kernels;
    int n_threads;
    const struct wattle_cancel *cancel; /* or NULL */
};

/* Rows of the devices. */
struct sorted_counts {
    uint64_t n_replaced; /* by a later one of the same time */
    uint64_t n_outside;  /* of those that stay: outside the range, of meters */
};

/*
 * Adds the devices' readings to `totals`, which has room for all devices, and
 * none of the readings of these. Sets *counts. 0, WATTLE_ERR_IO, _CANCELLED or
 * _MEMORY; what `totals` holds after a failure means nothing.
 */
int sorted_totals_add(const struct sorted_totals *sorted,
                      struct totals_set *totals, struct sorted_counts *counts,
                      struct wattle_error *error);

#endif
