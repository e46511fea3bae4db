/*
 * rollup.h - sums by day and hour for SQL, one row a device and day.
 */
#ifndef STORE_ROLLUP_H
#define STORE_ROLLUP_H

#include <stddef.h>
#include <stdint.h>

#include "store/database.h"
#include "store/day_meter.h"
#include "store/stored.h"

#define ROLLUP_MAX_HOUR_BYTES (24 * 8)

/*
 * The hours of a day as the table keeps them: width bytes each, big-endian,
 * above *low. Returns the length, 24 * width.
 */
size_t rollup_pack_hours(const struct day_sum *sum, int64_t *low,
                         uint8_t bytes[ROLLUP_MAX_HOUR_BYTES]);

/* The statement that rollup_put runs. */
sqlite3_stmt *rollup_prepare(struct database *db, struct wattle_error *error);

/* Writes the row of a day. */
int rollup_put(struct database *db, sqlite3_stmt *statement, uint32_t device,
               const struct day_sum *sum, struct wattle_error *error);

/*
 * Computes the days [first, last] of a device from what is stored; calls
 * `take` for each that has readings or energy.
 */
typedef int (*rollup_take)(void *context, uint32_t device,
                           const struct day_sum *sum,
                           struct wattle_error *error);
int rollup_compute(struct stored *stored, const struct kernels *kernels,
                   uint32_t device, int64_t first, int64_t last,
                   rollup_take take, void *context, struct wattle_error *error);

#endif
