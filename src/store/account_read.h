/*
 * account_read.h - accounts of stored devices, from summaries where they
 * serve and from readings where they do not.
 */
#ifndef STORE_ACCOUNT_READ_H
#define STORE_ACCOUNT_READ_H

#include <stdint.h>

#include "analytics/account.h"
#include "store/database.h"
#include "sort/device_merge.h"
#include "store/stored.h"
#include "codec/summary.h"

/* What is asked for. */
struct account_read_range {
    int64_t since_ms, until_ms; /* half-open; INT64_MIN, INT64_MAX = no limit */
    int64_t max_gap_ms;
    bool no_summaries; /* decode every reading, to measure and to check */
};

/* What the readings were, beside their accounts. */
struct account_read_counts {
    uint64_t n_readings, n_duplicates, n_rounded;
    uint64_t n_filtered; /* readings and duplicates out of the range */
    uint64_t n_decoded;  /* readings that no summary spoke for */
};

struct account_read {
    struct stored stored;
    struct device_merge *merge;
    struct summary summary;
    sqlite3_stmt *list; /* chunks of a device with their summaries */
    struct block *part; /* rows of a delta */
    struct account_read_range range;
    struct account_read_counts counts;
    int64_t last_ms; /* of the chunk before, of this device */
    uint32_t device[BLOCK_ROWS];
};

/* 0 or a status; close it in any case. */
int account_read_open(struct account_read *read, struct database *db,
                      const struct kernels *kernels,
                      const struct account_read_range *range,
                      struct wattle_error *error);
void account_read_close(struct account_read *read);

/* Adds a device to the account of the same number in the set. */
int account_read_device(struct account_read *read, uint32_t device,
                        struct account_set *set, struct wattle_error *error);

/* Counts a device's readings as filtered. */
int account_read_skip(struct account_read *read, uint32_t device,
                      struct wattle_error *error);

#endif
