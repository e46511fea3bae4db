/*
 * bucket_cursor.h - the rows of a query, one after the other.
 *
 * Device by device: a scan's batches go into buckets, and buckets that are
 * final come out as rows. Of raw readings each is a row. For a total the
 * buckets of all devices are added up before the first row.
 */
#ifndef STORE_BUCKET_CURSOR_H
#define STORE_BUCKET_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/bucket_request.h"
#include "analytics/buckets.h"
#include "store/device_scan.h"
#include "store/query_devices.h"
#include "wattle/query.h"

/* A row, which is handed out by its public part, and what that points to. */
struct query_row {
    struct wattle_query_row public;
    struct wattle_query_figures figures;
};

struct bucket_cursor {
    struct database *db;
    bool has_snapshot; /* a transaction, so that imports do not show */
    const struct bucket_request *request;
    struct query_devices devices;
    size_t next_device;
    const struct query_device *device; /* the present one; NULL for a total */
    struct device_scan *scan;
    struct batch_view batch; /* of the scan; row is the next to be taken */
    size_t row;
    struct buckets buckets;
    struct bucket_list total;
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
 * Finds the devices; request and database are borrowed. As query_devices_find;
 * to be closed in any case.
 */
int bucket_cursor_open(struct bucket_cursor *cursor, struct database *db,
                       const struct bucket_request *request,
                       struct wattle_error *error);

/*
 * The same within a statement that is running on the connection, whose
 * transaction is used: none is begun.
 */
int bucket_cursor_open_inside(struct bucket_cursor *cursor, struct database *db,
                              const struct bucket_request *request,
                              struct wattle_error *error);

/* The next row; *is_row is false when there are no more. */
int bucket_cursor_next(struct bucket_cursor *cursor, struct query_row *row,
                       bool *is_row, struct wattle_error *error);

void bucket_cursor_close(struct bucket_cursor *cursor);

#endif
