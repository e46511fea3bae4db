/*
 * batch.h - readings, column by column: the one currency of the library.
 *
 * Every column is a plain array of scaled integers: value = integer /
 * 10^decimals, so that decimals are exact. 230.1 V, 1.5 A and a power factor
 * of 0.98 are 2301 (1), 15 (1) and 98 (2).
 *
 *     uint32_t device[2] = {d, d};
 *     int64_t time_ms[2] = {1696147200000, 1696148100000};
 *     int64_t power[2] = {3382, 3395};
 *     struct wattle_column column = {.measure = WATTLE_POWER,
 *                                    .decimals = 1, .values = power};
 *     struct wattle_batch batch = WATTLE_BATCH_INIT;
 *     batch.n_rows = 2;
 *     batch.device = device;
 *     batch.time_ms = time_ms;
 *     batch.n_columns = 1;
 *     batch.columns = &column;
 */
#ifndef WATTLE_BATCH_H
#define WATTLE_BATCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wattle/measure.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The values of one measure. This structure does not grow. */
struct wattle_column {
    unsigned measure;      /* enum wattle_measure */
    unsigned decimals;     /* 0 .. 9 */
    const int64_t *values; /* one a row, within the limits of the measure */
    /*
     * NULL when every row has a value; else a bit for each row, the lowest bit
     * of the first byte first (as in Apache Arrow): 1 where there is a value.
     */
    const uint8_t *validity;
};

/*
 * The library reads a batch and keeps nothing of it (borrows the arrays).
 * A reading's power is its WATTLE_POWER, else voltage x current x power
 * factor; with neither it must have WATTLE_ENERGY. Other measures are stored
 * and exported with the reading; answers do not use them yet.
 */
struct wattle_batch {
    size_t size; /* of this structure, set by WATTLE_BATCH_INIT */
    size_t n_rows;
    const uint32_t *device; /* numbers from wattle_report_add_device */
    const int64_t *time_ms; /* ms since 1970-01-01 UTC */
    size_t n_columns;
    const struct wattle_column *columns; /* of different measures */
};

/* An empty batch. */
#define WATTLE_BATCH_INIT                                                      \
    {                                                                          \
        .size = sizeof(struct wattle_batch)                                    \
    }

/* The same for a structure that is there; also for C++. */
static inline void
wattle_batch_init(struct wattle_batch *batch)
{
    memset(batch, 0, sizeof(*batch));
    batch->size = sizeof(*batch);
}

#ifdef __cplusplus
}
#endif

#endif
