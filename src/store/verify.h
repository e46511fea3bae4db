/*
 * verify.h - whether a database is whole.
 */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "store/database.h"
#include "wattle/error.h"

/* A problem; device -1 = none, times INT64_MIN = not known. */
typedef void (*verify_found)(void *context, int64_t device, int64_t first_ms,
                             int64_t last_ms, const char *text);

struct verify_result {
    uint64_t n_chunks, n_readings; /* whole */
    uint64_t n_problems;
    uint64_t n_unnamed_devices; /* salvage: ids that were made up */
    uint64_t n_lost;            /* readings and duplicates of damaged chunks */
};

/* Reads everything in one transaction. 0, or a status that ended it. */
int verify_database(struct database *db, verify_found found, void *context,
                    struct verify_result *result, struct wattle_error *error);

#endif
