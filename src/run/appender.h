/*
 * appender.h - a bounded queue of readings, and a thread that imports them.
 *
 * Each write is an import of the rows that are queued (importer.h): it finds
 * late readings and corrections their place, and is one transaction.
 */
#ifndef RUN_APPENDER_H
#define RUN_APPENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/batch_view.h"
#include "run/scan_options.h"
#include "sort/device_merge.h"
#include "wattle/error.h"

struct appender_options {
    const char *database, *name; /* copied */
    uint64_t max_rows, flush_rows;
    int64_t flush_ms, wait_ms;
    struct tuning tuning;
};

struct appender_stats {
    uint64_t n_added, n_durable, n_writes, n_failures;
    struct merge_counts counts;
};

struct appender;

/*
 * Makes the database if it does not exist, and starts the thread. 0, or a
 * status with the error set; *appender is NULL then.
 */
int appender_open(struct appender **appender,
                  const struct appender_options *options,
                  struct wattle_error *error);

/* The number of a device's id; or REGISTRY_BAD_ID, REGISTRY_NO_DEVICE. */
uint32_t appender_add_device(struct appender *appender, const char *id,
                             size_t len);

/* How many devices have a number. */
uint32_t appender_n_devices(struct appender *appender);

/*
 * Adding n rows: begin, add pieces, end. Others wait in between, so the caller
 * does nothing else. After a failure of begin there is no end: WATTLE_ERR_BUSY
 * when there is no room, or WATTLE_ERR_MEMORY. When a piece fails, with
 * WATTLE_ERR_IO, or the caller changes its mind, is_kept is false at the end,
 * and nothing has been added.
 */
int appender_begin_add(struct appender *appender, uint64_t n,
                       struct wattle_error *error);
int appender_add(struct appender *appender, const struct batch_view *piece,
                 struct wattle_error *error);
void appender_end_add(struct appender *appender, bool is_kept);

/* See append.h. */
int appender_flush(struct appender *appender, struct wattle_error *error);
void appender_stats(struct appender *appender, struct appender_stats *stats);
int appender_close(struct appender *appender, struct wattle_error *error);

#endif
