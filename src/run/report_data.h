/*
 * report_data.h - all that a report is made of, wherever the readings were.
 */
#ifndef RUN_REPORT_DATA_H
#define RUN_REPORT_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/totals.h"
#include "base/stage_clock.h"
#include "model/registry.h"
#include "run/scan.h"

struct report_data {
    struct registry devices;
    struct totals_set totals; /* by number in `devices` */
    /* whether a device has readings, also outside the range; NULL = all have;
     * owned */
    bool *is_seen;
    uint64_t
        *n_rejects; /* [devices] lines that name each; NULL = none; owned */
    /* of hours and days; borrowed, or own_zone; NULL = UTC */
    const struct wattle_zone *zone;
    struct wattle_zone *own_zone;
    struct tally tally;
    struct scan_rejects rejects;
    uint64_t n_scans; /* of the input */
    int n_threads;
    const char *simd;
    int64_t spent_ns[N_STAGES]; /* summed over threads */
};

void report_data_release(struct report_data *data);

#endif
