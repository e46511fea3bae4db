/*
 * backend.h - where readings are kept: what a query, an export and the virtual
 * tables need of it, no more.
 *
 * A back end is a struct that begins with a struct backend. One is used by one
 * thread at a time. The SQLite file is store/store_backend.h;
 * memory_backend.h keeps readings in memory, for tests.
 *
 * All functions that return int give 0, or a status with the error set.
 */
#ifndef BACKEND_BACKEND_H
#define BACKEND_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/device_list.h"
#include "model/batch_view.h"
#include "model/selection.h"
#include "wattle/error.h"

/* The readings of one device that are wanted, and what of them. */
struct scan_request {
    uint32_t device;  /* its number in the back end */
    int64_t since_ms; /* inclusive; INT64_MIN = no limit */
    int64_t until_ms; /* exclusive; INT64_MAX = no limit */
    uint32_t columns; /* MEASURE_BITs wanted; others may be missing */
};

struct backend;
struct backend_scan;

struct backend_ops {
    const char *scheme; /* "sqlite" */
    /*
     * Begins a snapshot: what is read until its end is of one state. *has_begun
     * is false when there is one already, whose owner will end it.
     */
    int (*begin)(struct backend *backend, bool *has_begun,
                 struct wattle_error *error);
    void (*end)(struct backend *backend);
    /*
     * Finds the devices of a selection, in the bytewise order of their ids.
     * WATTLE_ERR_USAGE when a pattern matches none.
     */
    int (*devices)(struct backend *backend, const struct selection *selection,
                   struct device_list *devices, struct wattle_error *error);
    /*
     * Begins a scan. *scan may hold one that has ended, which is used again;
     * its columns stay then.
     */
    int (*scan)(struct backend *backend, const struct scan_request *request,
                struct backend_scan **scan, struct wattle_error *error);
    /*
     * The next readings, at most 1,024: times ascend within and over batches.
     * n_rows == 0 at the end. Valid until the next call.
     */
    int (*next)(struct backend_scan *scan, struct batch_view *batch,
                struct wattle_error *error);
    /* Frees a scan, or NULL. */
    void (*close)(struct backend_scan *scan);
};

struct backend {
    const struct backend_ops *ops;
};

#endif
