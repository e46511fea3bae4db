/*
 * regroup.h - readings as they come, gathered by device in bounded memory.
 *
 * Each worker of an import has one. Rows are collected on pages, one list a
 * device; a device with a block's worth of rows - or every device, when the
 * pages run out - is encoded and goes, a piece, to a temporary file. Pieces
 * keep their order of arrival; in a piece rows are sorted by time, equal times
 * in order of arrival.
 */
#ifndef STORE_REGROUP_H
#define STORE_REGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/batch.h"
#include "store/block.h"
#include "wattle/error.h"

struct regroup;

/* A piece: up to BLOCK_ROWS readings of one device. */
struct regroup_piece {
    int64_t first_ms, last_ms;
    uint64_t offset;
    uint32_t len;
    uint32_t next; /* of the device: its number + 1, 0 = none */
    uint16_t n_rows;
    bool is_strict; /* no two rows of one time */
};

/* max_bytes: of pages. NULL = no memory. */
struct regroup *regroup_new(const struct kernels *kernels, size_t max_bytes);
void regroup_free(struct regroup *regroup);

/* Adds the rows of a batch; device numbers are small and dense. */
int regroup_add(struct regroup *regroup, const struct batch *batch,
                struct wattle_error *error);

/* Ends adding: pages are encoded and given back. */
int regroup_finish(struct regroup *regroup, struct wattle_error *error);

/* Adds sorted rows as a piece of their own, behind all of the device. */
int regroup_put(struct regroup *regroup, uint32_t device,
                const struct block *block, struct wattle_error *error);

/* The pieces of a device in order of arrival, NULL behind the last. */
const struct regroup_piece *regroup_first(const struct regroup *regroup,
                                          uint32_t device);
const struct regroup_piece *regroup_next(const struct regroup *regroup,
                                         const struct regroup_piece *piece);

/*
 * What a reader of pieces works in. Small pieces that lie side by side are
 * read together. Zero-initialised is empty.
 */
struct regroup_reader {
    struct regroup_window *windows;
    uint8_t *room;
};

void regroup_reader_release(struct regroup_reader *reader);

/* Reads a piece; readers may work at the same time after regroup_finish. */
int regroup_read(const struct regroup *regroup,
                 const struct regroup_piece *piece,
                 struct regroup_reader *reader, struct block *block,
                 struct wattle_error *error);

#endif
