/*
 * sorted_totals.h - readings that did not come in order of time: what was
 * gathered of their devices is sorted, and added up.
 *
 * Of several readings of one device and time the latest in input order stays.
 */
#ifndef RUN_SORTED_TOTALS_H
#define RUN_SORTED_TOTALS_H

#include <stdint.h>

#include "analytics/totals.h"
#include "base/cancel_flag.h"
#include "sort/shuffle_set.h"

struct sorted_totals {
    const struct shuffle_part *parts; /* in input order */
    size_t n_parts;
    uint32_t n_devices;
    const struct kernels *kernels;
    int n_threads;
    const struct wattle_cancel *cancel; /* or NULL */
};

/*
 * Adds the devices' readings to `totals`, which has room for all devices, and
 * none of the readings of these. *n_duplicates gets the rows that a later one
 * has replaced added. 0, WATTLE_ERR_IO, _CANCELLED or _MEMORY; what `totals`
 * holds after a failure means nothing.
 */
int sorted_totals_add(const struct sorted_totals *sorted,
                      struct totals_set *totals, uint64_t *n_duplicates,
                      struct wattle_error *error);

#endif
