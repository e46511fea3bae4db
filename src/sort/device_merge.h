/*
 * device_merge.h - readings of one device from several inputs, as one
 * ascending line without duplicates.
 *
 * Inputs are stored chunks, the stored delta, and new runs. Of several
 * readings of one time the one of the latest input stays; a delta reading
 * hides a chunk's. Only inputs that overlap are held in memory together.
 */
#ifndef SORT_DEVICE_MERGE_H
#define SORT_DEVICE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "codec/block.h"
#include "sort/shuffle.h"
#include "wattle/error.h"

/* What new readings did to those that were there. */
struct merge_counts {
    uint64_t n_new;       /* times that were not there */
    uint64_t n_replaced;  /* another value than before */
    uint64_t n_unchanged; /* the same value */
    int64_t replaced_first_ms, replaced_last_ms;
};

/* Fetches the bytes of a stored chunk. 0 or a status with the error set. */
typedef int (*merge_fetch)(void *context, int64_t number, struct buffer *data,
                           struct wattle_error *error);

/* Rows that come next: n == 0 at the end. Valid until the next call. */
struct merge_segment {
    const struct block *block;
    size_t first, n;
    bool is_new;         /* of runs, alone or over what was stored */
    uint64_t n_shadowed; /* readings behind a chunk's reading of that time */
};

struct device_merge;

/* wanted: columns to decode (bits of block_column). NULL = no memory. */
struct device_merge *device_merge_new(const struct kernels *kernels,
                                      unsigned wanted, merge_fetch fetch,
                                      void *context);
void device_merge_free(struct device_merge *merge);

/* Forgets all inputs, to begin with another device. */
void device_merge_reset(struct device_merge *merge);

/*
 * Add an input; later calls are later inputs. 0 or WATTLE_ERR_MEMORY. A chunk
 * is read from the first block that ends at since_ms or later to the last
 * that begins before until_ms. The block of a delta (sorted, each time once)
 * and the run are borrowed.
 */
int device_merge_add_chunk(struct device_merge *merge, int64_t number,
                           int64_t first_ms, int64_t last_ms);
int device_merge_add_delta(struct device_merge *merge,
                           const struct block *block);
int device_merge_add_run(struct device_merge *merge,
                         const struct shuffle *shuffle,
                         const struct spilled_run *run);

/* Which blocks of chunks are wanted at all; no limits at first. */
void device_merge_limit(struct device_merge *merge, int64_t since_ms,
                        int64_t until_ms);

/*
 * The next rows with none left out: equal times one behind the other, later
 * inputs later. Of runs only. 0 or a status with the error set.
 */
int device_merge_next_any(struct device_merge *merge,
                          struct merge_segment *segment,
                          struct wattle_error *error);

/* The next rows; 0 or a status with the error set. */
int device_merge_next(struct device_merge *merge, struct merge_segment *segment,
                      struct wattle_error *error);

const struct merge_counts *device_merge_counts(
    const struct device_merge *merge);

#endif
