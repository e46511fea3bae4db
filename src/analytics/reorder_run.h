/*
 * reorder_run.h - records and runs, shared by reorder.c and reorder_merge.c.
 *
 * A record keeps only the values an account needs: power (or voltage, or
 * energy), current and power factor. Runs live in the worker's temporary
 * file; the last one may stay in memory.
 */
#ifndef ANALYTICS_REORDER_RUN_H
#define ANALYTICS_REORDER_RUN_H

#include "analytics/reorder.h"
#include "base/spill.h"

#define REORDER_VALUES    3
#define REORDER_NO_COLUMN 0xff

struct reorder_record {
    int64_t time_ms;
    int64_t value[REORDER_VALUES];
    uint32_t device;
    uint8_t presence;               /* of the measures that totals need */
    uint8_t column[REORDER_VALUES]; /* measure of each value */
    uint8_t decimals[REORDER_VALUES];
    uint8_t unused[5];
};

struct reorder_run {
    uint64_t offset; /* in the file */
    uint64_t n_records;
};

struct reorder {
    struct reorder_record *records; /* the run being filled */
    struct reorder_record *spare;
    size_t n, run_rows;
    uint32_t max_device;
    struct spill spill;
    struct reorder_run *runs;
    size_t n_runs, run_cap;
};

/* Which columns a record with these columns keeps. */
void reorder_columns(uint8_t presence, uint8_t column[REORDER_VALUES]);

#endif
