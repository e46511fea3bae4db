/*
 * device_scan.h - the readings of one device in a time range, in order.
 *
 * Chunks and the delta come out as one ascending line of batches; a reading
 * of the delta hides the chunks' reading of the same time. Only blocks that
 * overlap the range are decoded.
 *
 * All functions that return int give 0, or a status with the error set.
 */
#ifndef STORE_DEVICE_SCAN_H
#define STORE_DEVICE_SCAN_H

#include <stdint.h>

#include "backend/backend.h"
#include "store/database.h"
#include "wattle/error.h"

struct device_scan;

/*
 * Begins; one scan is used by one thread. The connection is borrowed. *scan is
 * NULL on failure.
 */
int device_scan_open(struct device_scan **scan, struct database *db,
                     const struct scan_request *range,
                     struct wattle_error *error);

/*
 * Begins once more with another device or range, which is quicker than a new
 * scan; the columns stay.
 */
int device_scan_restart(struct device_scan *scan,
                        const struct scan_request *range,
                        struct wattle_error *error);

/*
 * The next readings, at most 1,024: times ascend within and over batches,
 * n_rows == 0 at the end. device[] holds the number in the database. The
 * arrays are valid until the next call. WATTLE_ERR_FORMAT when a chunk is
 * damaged; the message names it.
 */
int device_scan_next(struct device_scan *scan, struct batch_view *batch,
                     struct wattle_error *error);

void device_scan_close(struct device_scan *scan);

#endif
