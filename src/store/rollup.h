/*
 * rollup.h - sums by day and hour for SQL, one row a device and day.
 *
 * All functions that return int give 0, or a status with the error set.
 */
#ifndef STORE_ROLLUP_H
#define STORE_ROLLUP_H

#include <stddef.h>
#include <stdint.h>

#include "store/database.h"
#include "analytics/rollup_builder.h"
#include "store/chunk_reader.h"

/* Days have 24 bits of a row's number, the device those above. */
#define ROLLUP_DAY_BITS 24
#define ROLLUP_DAY_ZERO (INT64_C(1) << (ROLLUP_DAY_BITS - 1))

/* The number of a device's row for a day since 1970. */
static inline int64_t
rollup_number(int64_t device, int64_t day)
{
    return (device << ROLLUP_DAY_BITS) + day + ROLLUP_DAY_ZERO;
}

#define ROLLUP_MAX_HOUR_BYTES (12 * 12)

/*
 * The hours of a day as the table keeps them: width hexadecimal digits each,
 * above *low. Returns the length in bytes, 12 * width.
 */
size_t rollup_pack_hours(const struct day_sum *sum, int64_t *low,
                         uint8_t bytes[ROLLUP_MAX_HOUR_BYTES]);

/* The bits of its hours as the table keeps them: -1 = all, a short number. */
static inline int64_t
rollup_hours(const struct day_sum *sum)
{
    return sum->hours == (UINT32_C(1) << 24) - 1 ? -1 : (int64_t)sum->hours;
}

/* The statement that rollup_put runs. */
sqlite3_stmt *rollup_prepare(struct database *db, struct wattle_error *error);

/* Writes the row of a day. */
int rollup_put(struct database *db, sqlite3_stmt *statement, uint32_t device,
               const struct day_sum *sum, struct wattle_error *error);

/*
 * Computes the days [first, last] of a device from what is stored, in the zone
 * of the database; calls `take` for each that has readings or energy. A status
 * of `take` other than 0 ends it, and is returned.
 */
typedef int (*rollup_take)(void *context, uint32_t device,
                           const struct day_sum *sum,
                           struct wattle_error *error);
int rollup_compute(struct chunk_reader *reader, const struct kernels *kernels,
                   uint32_t device, int64_t first, int64_t last,
                   rollup_take take, void *context, struct wattle_error *error);

#endif
