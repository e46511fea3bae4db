/*
 * import_merge.h - gathered readings become chunks, in many threads, and go
 * into the database, by one.
 */
#ifndef STORE_IMPORT_MERGE_H
#define STORE_IMPORT_MERGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/database.h"
#include "sort/device_merge.h"
#include "sort/shuffle_set.h"

struct import_merge {
    struct database *db;      /* with a transaction begun */
    const char *readers_path; /* to read what was there before, or NULL: none */
    /* the same with db, as the transaction has changed what was there; without
     * a thread */
    bool reads_own;
    const struct kernels *kernels;
    int n_threads;                     /* beside the calling one, at least 1 */
    const struct shuffle_part *splits; /* in input order */
    size_t n_splits;
    uint32_t n_devices; /* numbers in the database are below this */
    bool compacts;      /* merge deltas and small chunks; there are no splits */
    bool rewrites;      /* the same: build every chunk and its sums anew */
    const char *imported_at;
    _Atomic uint64_t *n_done; /* readings finished, or NULL */
};

/*
 * Merges all that was gathered with what is stored. Adds to *counts. 0 or
 * the status of the first failure.
 */
int import_merge_run(const struct import_merge *job,
                     struct merge_counts *counts, struct wattle_error *error);

#endif
