/*
 * row_pages.h - rows as they come, by device, in bounded memory.
 *
 * Up to BLOCK_ROWS rows of each device wait on pages, in order of arrival,
 * until they are taken as a block.
 */
#ifndef SORT_ROW_PAGES_H
#define SORT_ROW_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "model/batch.h"
#include "codec/block.h"
#include "simd/kernels.h"
#include "wattle/error.h"

/* There is no page left. */
#define ROW_PAGES_FULL 1

struct row_pages;

/* max_bytes: of pages. NULL = no memory. */
struct row_pages *row_pages_new(const struct kernels *kernels,
                                size_t max_bytes);
void row_pages_free(struct row_pages *pages);

/*
 * The batch that the next calls are about; its devices have numbers below
 * n_devices. 0 or WATTLE_ERR_MEMORY.
 */
int row_pages_begin(struct row_pages *pages, const struct batch *batch,
                    size_t n_devices);

/* Adds its rows from `row` on while they fit; the first that does not. */
size_t row_pages_add(struct row_pages *pages, size_t row);

/*
 * Makes room for a row, whose device has fewer than BLOCK_ROWS. is_empty: all
 * rows have been taken. 0, ROW_PAGES_FULL (when not), WATTLE_ERR_MEMORY.
 */
int row_pages_make_room(struct row_pages *pages, size_t row, bool is_empty);

/* Rows that a device has here. */
size_t row_pages_rows(const struct row_pages *pages, size_t device);

/* Takes them, one or more, and gives their pages back. */
void row_pages_take(struct row_pages *pages, size_t device,
                    struct block *block);

#endif
