/*
 * buckets_request.h - the arguments of energy_buckets as a request for
 * buckets.
 */
#ifndef SQLEXT_BUCKETS_REQUEST_H
#define SQLEXT_BUCKETS_REQUEST_H

#include <sqlite3.h>

#include "analytics/bucket_request.h"
#include "base/buffer.h"
#include "wattle/error.h"

/* Zero-initialised is empty; to be released. */
struct buckets_request {
    struct bucket_request query;
    struct buffer pattern; /* of the device, with nothing special in it */
    const char *globs[1];
};

/* Everything: all devices, all time, one bucket. The zone is borrowed. */
void buckets_request_init(struct buckets_request *request,
                          const struct wattle_zone *zone);
void buckets_request_release(struct buckets_request *request);

/*
 * Each takes an argument; NULL leaves things as they are. WATTLE_ERR_USAGE
 * when it makes no sense, or WATTLE_ERR_MEMORY.
 */
int buckets_request_device(struct buckets_request *request,
                           sqlite3_value *value, struct wattle_error *error);
int buckets_request_since(struct buckets_request *request, sqlite3_value *value,
                          struct wattle_error *error);
int buckets_request_until(struct buckets_request *request, sqlite3_value *value,
                          struct wattle_error *error);
int buckets_request_every(struct buckets_request *request, sqlite3_value *value,
                          struct wattle_error *error);
int buckets_request_interpolation(struct buckets_request *request,
                                  sqlite3_value *value,
                                  struct wattle_error *error);
int buckets_request_max_gap(struct buckets_request *request,
                            sqlite3_value *value, struct wattle_error *error);

#endif
