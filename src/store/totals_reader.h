/*
 * totals_reader.h - totals of stored devices, from summaries where they
 * serve and from readings where they do not.
 *
 * All functions that return int give 0, or a status with the error set.
 */
#ifndef STORE_TOTALS_READER_H
#define STORE_TOTALS_READER_H

#include <stdint.h>

#include "analytics/totals_meter.h"
#include "store/database.h"
#include "sort/device_merge.h"
#include "store/chunk_reader.h"
#include "store/metered.h"
#include "codec/summary.h"

/* What is asked for. */
struct totals_reader_range {
    int64_t since_ms, until_ms; /* half-open; INT64_MIN, INT64_MAX = no limit */
    int64_t max_gap_ms;
    const struct wattle_zone *zone; /* of hours and days; NULL = UTC */
    bool no_summaries; /* decode every reading, to measure and to check */
    bool holds;        /* powers hold: see meter.h */
};

/* What the readings were, beside their totals. */
struct totals_reader_counts {
    uint64_t n_readings, n_duplicates, n_rounded;
    uint64_t n_filtered; /* readings and duplicates out of the range */
    uint64_t n_decoded;  /* readings that no summary spoke for */
};

struct totals_reader {
    struct chunk_reader chunk_reader;
    struct device_merge *merge;
    struct summary summary;
    sqlite3_stmt *list; /* chunks of a device with their summaries */
    struct block *part; /* rows of a delta */
    struct totals_reader_range range;
    struct totals_reader_counts counts;
    int64_t last_ms;        /* of the chunk before, of this device */
    struct metered metered; /* devices with energies */
    struct totals_meter meter;
    uint32_t device[BLOCK_ROWS];
    uint32_t presence[BLOCK_ROWS];
};

/* Begins; close it in any case. */
int totals_reader_open(struct totals_reader *read, struct database *db,
                       const struct kernels *kernels,
                       const struct totals_reader_range *range,
                       struct wattle_error *error);
void totals_reader_close(struct totals_reader *read);

/* Adds a device to the totals of the same number in the set. */
int totals_reader_device(struct totals_reader *read, uint32_t device,
                         struct totals_set *set, struct wattle_error *error);

/* Counts a device's readings as filtered. */
int totals_reader_skip(struct totals_reader *read, uint32_t device,
                       struct wattle_error *error);

#endif
