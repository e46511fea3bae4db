/*
 * shuffle.h - readings as they come, gathered by device in bounded memory.
 *
 * Each worker of an import has one, and of a report of unsorted input. Rows are
 * collected on pages, one list a
 * device; a device with a block's worth of rows - or every device, when the
 * pages run out - is encoded and goes, a run, to a temporary file. Runs
 * keep their order of arrival; in a run rows are sorted by time, equal times
 * in order of arrival.
 *
 * All functions that return int give 0, or WATTLE_ERR_MEMORY or WATTLE_ERR_IO
 * with the error set.
 */
#ifndef SORT_SHUFFLE_H
#define SORT_SHUFFLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/batch.h"
#include "codec/block.h"
#include "wattle/error.h"

struct shuffle;

/* A run: up to BLOCK_ROWS readings of one device. */
struct spilled_run {
    int64_t first_ms, last_ms;
    uint64_t offset;
    uint32_t len;
    uint32_t next; /* of the device: its number + 1, 0 = none */
    uint16_t n_rows;
    bool is_strict; /* no two rows of one time */
};

/* max_bytes: of pages. NULL = no memory. */
struct shuffle *shuffle_new(const struct kernels *kernels, size_t max_bytes);
void shuffle_free(struct shuffle *shuffle);

/* Adds the rows of a batch; device numbers are small and dense. */
int shuffle_add(struct shuffle *shuffle, const struct batch *batch,
                struct wattle_error *error);

/* Ends adding: pages are encoded and given back. */
int shuffle_finish(struct shuffle *shuffle, struct wattle_error *error);

/* Adds sorted rows as a run of their own, behind all of the device. */
int shuffle_put_run(struct shuffle *shuffle, uint32_t device,
                    const struct block *block, struct wattle_error *error);

/* The runs of a device in order of arrival, NULL behind the last. */
const struct spilled_run *shuffle_first_run(const struct shuffle *shuffle,
                                            uint32_t device);
const struct spilled_run *shuffle_next_run(const struct shuffle *shuffle,
                                           const struct spilled_run *run);

/*
 * What a reader of runs works in. Small runs that lie side by side are
 * read together. Zero-initialised is empty.
 */
struct shuffle_reader {
    struct shuffle_window *windows;
    uint8_t *room;
};

void shuffle_reader_release(struct shuffle_reader *reader);

/* Reads a run; readers may work at the same time after shuffle_finish. */
int shuffle_read_run(const struct shuffle *shuffle,
                     const struct spilled_run *run,
                     struct shuffle_reader *reader, struct block *block,
                     struct wattle_error *error);

#endif
