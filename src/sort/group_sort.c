/*
 * group_sort.c - all rows of a group by their keys (key_sort.h).
 *
 * Runs are read in order of arrival, so rows of equal times stay as they came.
 * Of the columns only those that the runs have take memory.
 */
#include "sort/group_sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "codec/block.h"
#include "sort/key_sort.h"

struct group {
    size_t n_rows;
    unsigned columns, exponent; /* of all runs */
    int64_t *column[BLOCK_N_COLUMNS];
    uint64_t *keys, *spare;
};

static void
release(struct group *g)
{
    for (unsigned c = 0; c < BLOCK_N_COLUMNS; c++)
        free(g->column[c]);
    free(g->keys);
    free(g->spare);
}

/* Memory for rows of the columns of a block; false = none. */
static bool
make_room(struct group *g, const struct block *like, size_t cap)
{
    g->columns = like->columns;
    g->exponent = like->exponent;
    g->keys = malloc(cap * sizeof(*g->keys));
    g->spare = malloc(cap * sizeof(*g->spare));
    bool has_room = g->keys != NULL && g->spare != NULL;
    for (unsigned c = 0; c < BLOCK_N_COLUMNS && has_room; c++) {
        if ((g->columns & BLOCK_BIT(c)) == 0)
            continue;
        g->column[c] = malloc(cap * sizeof(int64_t));
        has_room = g->column[c] != NULL;
    }
    return has_room;
}

/* Reads all runs; *is_one_kind: false when their columns differ. */
static int
read_runs(struct group *g, const struct run_ref *runs, size_t n,
          struct block *block, bool *is_one_kind, struct wattle_error *error)
{
    struct shuffle_reader reader = {0};
    int status = WATTLE_OK;
    *is_one_kind = true;
    for (size_t i = 0; i < n && status == WATTLE_OK && *is_one_kind; i++) {
        status = shuffle_read_run(runs[i].shuffle, runs[i].run, &reader, block,
                                  error);
        if (status != WATTLE_OK)
            break;
        if (i == 0 && !make_room(g, block, n * BLOCK_ROWS))
            status = error_memory(error);
        *is_one_kind =
            block->columns == g->columns && block->exponent == g->exponent;
        for (unsigned c = 0; c < BLOCK_N_COLUMNS && status == WATTLE_OK; c++) {
            if ((g->columns & block->columns & BLOCK_BIT(c)) != 0)
                memcpy(g->column[c] + g->n_rows, block->column[c],
                       block->n_rows * sizeof(int64_t));
        }
        g->n_rows += block->n_rows;
    }
    shuffle_reader_release(&reader);
    return status;
}

/* Rows in the order of their keys, a block at a time. */
static int
put_rows(const struct group *g, struct block *block, struct shuffle *out,
         struct wattle_error *error)
{
    int status = WATTLE_OK;
    block->columns = g->columns;
    block->exponent = g->exponent;
    for (size_t from = 0; from < g->n_rows && status == WATTLE_OK;
         from += BLOCK_ROWS) {
        const uint64_t *keys = g->keys + from;
        const size_t left = g->n_rows - from;
        block->n_rows = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        for (unsigned c = 0; c < BLOCK_N_COLUMNS; c++) {
            const int64_t *values = g->column[c];
            for (size_t i = 0; values != NULL && i < block->n_rows; i++)
                block->column[c][i] = values[key_row(keys[i], KEY_GROUP_BITS)];
        }
        status = shuffle_put_run(out, 0, block, error);
    }
    return status;
}

int
group_sort(const struct run_ref *runs, size_t n, struct shuffle *out,
           bool *is_done, struct wattle_error *error)
{
    struct group g = {0};
    bool is_one_kind = false;
    *is_done = false;
    if (n * BLOCK_ROWS > (size_t)1 << KEY_GROUP_BITS)
        return WATTLE_OK;
    struct block *block = aligned_alloc(64, sizeof(*block));
    int status = block != NULL
                     ? read_runs(&g, runs, n, block, &is_one_kind, error)
                     : error_memory(error);
    if (status == WATTLE_OK && is_one_kind)
        *is_done = key_sort(g.column[BLOCK_TIME], g.n_rows, KEY_GROUP_BITS,
                            g.keys, g.spare);
    if (*is_done)
        status = put_rows(&g, block, out, error);
    release(&g);
    free(block);
    return status;
}
