/*
 * row_store.c - fixed-size rows; blocks of them go to the file when full.
 *
 * Rows are kept with nine decimals, whatever the batch had: they are read back
 * in any pieces.
 */
#include "input/row_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/error.h"
#include "base/spill.h"

#define MEMORY_ROWS ((size_t)16384)

struct row_store {
    struct batch_row *rows; /* those not in the file yet */
    size_t n_rows;
    uint64_t n_filed;
    struct spill spill;
};

struct row_store *
row_store_new(void)
{
    struct row_store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return NULL;
    store->spill = (struct spill)SPILL_INIT;
    store->rows = calloc(MEMORY_ROWS, sizeof(*store->rows));
    if (store->rows == NULL) {
        free(store);
        return NULL;
    }
    return store;
}

void
row_store_free(struct row_store *store)
{
    if (store == NULL)
        return;
    spill_release(&store->spill);
    free(store->rows);
    free(store);
}

uint64_t
row_store_count(const struct row_store *store)
{
    return store->n_filed + store->n_rows;
}

void
row_store_cut(struct row_store *store, uint64_t n)
{
    if (n >= store->n_filed) {
        store->n_rows = (size_t)(n - store->n_filed);
        return;
    }
    store->n_rows = 0;
    store->n_filed = n;
    store->spill.n_bytes = n * sizeof(struct batch_row);
}

static int
file_rows(struct row_store *store, struct wattle_error *error)
{
    const size_t size = sizeof(struct batch_row);
    int status =
        spill_append(&store->spill, store->rows, store->n_rows * size, error);
    if (status != WATTLE_OK)
        return status;
    store->n_filed += store->n_rows;
    store->n_rows = 0;
    return WATTLE_OK;
}

static void
copy_row(struct batch_row *row, const struct batch_view *batch, size_t at)
{
    memset(row, 0, sizeof(*row));
    row->time_ms = batch->time_ms[at];
    row->device = batch->device[at];
    for (int c = 0; c < MEASURE_N; c++) {
        bool has = batch->columns[c] != NULL &&
                   (batch->presence == NULL ||
                    (batch->presence[at] & MEASURE_BIT(c)) != 0);
        if (!has)
            continue;
        row->presence |= MEASURE_BIT(c);
        row->nano[c] = batch->columns[c][at] *
                       decimal_power_of_ten(9 - batch->decimals[c]);
    }
}

int
row_store_add(struct row_store *store, const struct batch_view *batch,
              struct wattle_error *error)
{
    for (size_t i = 0; i < batch->n_rows; i++) {
        if (store->n_rows == MEMORY_ROWS) {
            int status = file_rows(store, error);
            if (status != WATTLE_OK)
                return status;
        }
        copy_row(&store->rows[store->n_rows++], batch, i);
    }
    return WATTLE_OK;
}

int64_t
row_store_read(struct row_store *store, uint64_t first, struct batch_row *rows,
               size_t cap, struct wattle_error *error)
{
    const size_t size = sizeof(struct batch_row);
    uint64_t end =
        first < store->n_filed ? store->n_filed : row_store_count(store);
    size_t n = end - first < cap ? (size_t)(end - first) : cap;
    if (first >= store->n_filed) {
        memcpy(rows, store->rows + (first - store->n_filed), n * size);
        return (int64_t)n;
    }
    int status = spill_read(&store->spill, first * size, rows, n * size, error);
    return status == WATTLE_OK ? (int64_t)n : status;
}
