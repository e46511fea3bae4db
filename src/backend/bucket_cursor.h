/*
 * bucket_cursor.h - the rows of a query, one after the other.
 *
 * Device by device: a scan's batches go into buckets, and buckets that are
 * final come out as rows. Of raw readings each is a row. For a total the
 * buckets of all devices are added up before the first row.
 */
#ifndef BACKEND_BUCKET_CURSOR_H
#define BACKEND_BUCKET_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/bucket_request.h"
#include "analytics/buckets_meter.h"
#include "analytics/tariff.h"
#include "backend/backend.h"
#include "wattle/query.h"

/* A row, which is handed out by its public part, and what that points to. */
struct query_row {
    struct wattle_query_row public;
    struct wattle_query_figures figures;
};

/* How much of the time between its readings a device's energy is of. */
struct coverage {
    int64_t first_ms, last_ms, covered_ms;
    uint64_t n_readings;
};

struct bucket_cursor {
    struct backend *backend;
    bool has_snapshot; /* which ends with the cursor */
    const struct bucket_request *request;
    struct device_list devices;
    uint32_t columns; /* MEASURE_BITs that scans read */
    size_t next_device;
    const struct listed_device *device; /* the present one; NULL for a total */
    struct backend_scan *scan;
    struct batch_view batch; /* of the scan; row is the next to be taken */
    size_t row;
    struct buckets buckets;
    struct buckets_meter by_meter; /* of a device that needs one */
    bool is_metered;               /* the present one does */
    struct coverage coverage;      /* of the present device */
    size_t n_sparse;               /* devices with little of it */
    const struct listed_device *first_sparse;
    struct bucket_list total;
    struct tariff tariff; /* when the request has a price */
    /* rows to come out: those before n_final, from next_bucket on */
    const struct bucket_list *list;
    size_t next_bucket, n_final;
    bool is_begun; /* a device, or the total, is being walked through */
    bool is_ended; /* and nothing more will come into its list */
    /* where the next bucket should start if there are to be no holes, and
     * where holes end; INT64_MAX and INT64_MIN when not known */
    int64_t fill_ms, fill_end_ms;
};

/*
 * Begins a snapshot unless there is one, and finds the devices; request and
 * back end are borrowed. As backend_ops.devices; to be closed in any case.
 */
int bucket_cursor_open(struct bucket_cursor *cursor, struct backend *backend,
                       const struct bucket_request *request,
                       struct wattle_error *error);

/*
 * The next row; *is_row is false when there are no more. 0 or a status with
 * the error set.
 */
int bucket_cursor_next(struct bucket_cursor *cursor, struct query_row *row,
                       bool *is_row, struct wattle_error *error);

void bucket_cursor_close(struct bucket_cursor *cursor);

#endif
