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
 *     struct wattle_batch batch = {.n_rows = 2, .device = device,
 *                                  .time_ms = time_ms};
 *     batch.columns[WATTLE_POWER] = power;
 *     batch.decimals[WATTLE_POWER] = 1;
 */
#ifndef WATTLE_BATCH_H
#define WATTLE_BATCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The measured columns, with their units. */
enum wattle_column {
    WATTLE_VOLTAGE,      /* RMS, V; 0 .. 1e9 */
    WATTLE_CURRENT,      /* RMS, A; 0 .. 1e9 */
    WATTLE_POWER_FACTOR, /* -1 .. 1 */
    WATTLE_POWER,        /* real power, W; -1e9 .. 1e9 */
    WATTLE_ENERGY,       /* energy of the interval, Wh; -1e9 .. 1e9 */
    WATTLE_N_COLUMNS
};

/*
 * The library reads a batch and keeps nothing of it (borrows the arrays).
 * A reading's power is its WATTLE_POWER, else voltage x current x power
 * factor; with neither it must have WATTLE_ENERGY.
 */
struct wattle_batch {
    size_t n_rows;
    const uint32_t *device; /* numbers from wattle_report_add_device */
    const int64_t *time_ms; /* ms since 1970-01-01 UTC */
    const int64_t *columns[WATTLE_N_COLUMNS]; /* NULL = not given */
    uint8_t decimals[WATTLE_N_COLUMNS];       /* 0 .. 9 */
    /*
     * NULL when every row has every given column; else one byte a row, bit
     * (1 << enum wattle_column) set where the row has the column.
     */
    const uint8_t *presence;
};

#ifdef __cplusplus
}
#endif

#endif
