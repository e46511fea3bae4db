/*
 * row_store.h - batches handed over by the caller, kept until the report is
 * computed: a small part in memory, the rest in a temporary file.
 */
#ifndef INPUT_ROW_STORE_H
#define INPUT_ROW_STORE_H

#include <stdint.h>

#include "model/batch.h"
#include "wattle/error.h"

struct row_store;

struct row_store *row_store_new(void); /* NULL = no memory */

/*
 * Adds the rows of a checked batch. 0, or WATTLE_ERR_IO: then some of them may
 * have been added.
 */
int row_store_add(struct row_store *store, const struct batch_view *batch,
                  struct wattle_error *error);

/* Forgets all rows from number n on. */
void row_store_cut(struct row_store *store, uint64_t n);

uint64_t row_store_count(const struct row_store *store);

/* Reads up to `cap` rows from number `first` on; the count, or a status. */
int64_t row_store_read(struct row_store *store, uint64_t first,
                       struct batch_row *rows, size_t cap,
                       struct wattle_error *error);

void row_store_free(struct row_store *store);

#endif
