/*
 * presort.c - groups of neighbouring pieces become longer lines of pieces.
 */
#include "store/presort.h"

#include <stdlib.h>

#include "base/error.h"

static int
compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

size_t
presort_overlap(const struct presort_piece *pieces, size_t n)
{
    int64_t *first_ms = calloc(2 * n + 1, sizeof(*first_ms));
    size_t most = 0;
    if (first_ms == NULL)
        return (size_t)-1;
    int64_t *last_ms = first_ms + n;
    for (size_t i = 0; i < n; i++) {
        first_ms[i] = pieces[i].piece->first_ms;
        last_ms[i] = pieces[i].piece->last_ms;
    }
    qsort(first_ms, n, sizeof(*first_ms), compare_times);
    qsort(last_ms, n, sizeof(*last_ms), compare_times);
    for (size_t i = 0, ended = 0; i < n; i++) {
        while (last_ms[ended] < first_ms[i])
            ended++;
        most = i + 1 - ended > most ? i + 1 - ended : most;
    }
    free(first_ms);
    return most;
}

/* Merges a group into pieces behind those of `out`. */
static int
merge_group(struct device_merge *merge, const struct presort_piece *pieces,
            size_t n, struct block *block, struct regroup *out,
            struct wattle_error *error)
{
    int status = WATTLE_OK;
    device_merge_reset(merge);
    block->n_rows = 0;
    for (size_t i = 0; i < n && status == WATTLE_OK; i++)
        status =
            device_merge_add_piece(merge, pieces[i].regroup, pieces[i].piece);
    if (status != WATTLE_OK)
        return error_memory(error);
    for (;;) {
        struct merge_segment s;
        status = device_merge_next_any(merge, &s, error);
        if (status != WATTLE_OK || s.n == 0)
            break;
        while (s.n > 0 && status == WATTLE_OK) {
            size_t room = BLOCK_ROWS - block->n_rows;
            size_t part = s.n < room ? s.n : room;
            block_append(block, s.block, s.first, part);
            s.first += part;
            s.n -= part;
            if (block->n_rows == BLOCK_ROWS) {
                status = regroup_put(out, 0, block, error);
                block->n_rows = 0;
            }
        }
        if (status != WATTLE_OK)
            break;
    }
    if (status == WATTLE_OK && block->n_rows > 0)
        status = regroup_put(out, 0, block, error);
    return status;
}

/* One round: each group of neighbouring pieces becomes one line. */
static int
merge_groups(struct device_merge *merge, const struct presort_piece *pieces,
             size_t n, size_t group, struct regroup *out,
             struct wattle_error *error)
{
    struct block *block = aligned_alloc(64, sizeof(*block));
    int status = block != NULL ? WATTLE_OK : error_memory(error);
    for (size_t at = 0; at < n && status == WATTLE_OK; at += group)
        status =
            merge_group(merge, pieces + at, n - at < group ? n - at : group,
                        block, out, error);
    free(block);
    return status == WATTLE_OK ? regroup_finish(out, error) : status;
}

/* The pieces of a finished round; NULL = no memory. */
static struct presort_piece *
list_pieces(const struct regroup *out, size_t *n)
{
    *n = 0;
    for (const struct regroup_piece *p = regroup_first(out, 0); p != NULL;
         p = regroup_next(out, p))
        (*n)++;
    struct presort_piece *list = calloc(*n + 1, sizeof(*list));
    size_t i = 0;
    for (const struct regroup_piece *p = regroup_first(out, 0);
         p != NULL && list != NULL; p = regroup_next(out, p))
        list[i++] = (struct presort_piece){out, p};
    return list;
}

/*
 * The first round merges that many pieces to a line; the next that many lines,
 * which are as many times more pieces.
 */
int
presort_run(struct device_merge *merge, const struct kernels *kernels,
            const struct presort_piece *pieces, size_t n, struct regroup **out,
            struct wattle_error *error)
{
    struct regroup *before = NULL;
    struct presort_piece *own = NULL;
    int status = WATTLE_OK;
    *out = NULL;
    for (size_t group = PRESORT_MAX_OVERLAP;; group *= PRESORT_MAX_OVERLAP) {
        *out = regroup_new(kernels, 0);
        status = *out != NULL
                     ? merge_groups(merge, pieces, n, group, *out, error)
                     : error_memory(error);
        regroup_free(before);
        before = NULL;
        free(own);
        own = NULL;
        if (status != WATTLE_OK)
            break;
        own = list_pieces(*out, &n);
        size_t overlap = own != NULL ? presort_overlap(own, n) : (size_t)-1;
        if (overlap == (size_t)-1)
            status = error_memory(error);
        if (overlap <= PRESORT_MAX_OVERLAP || status != WATTLE_OK)
            break;
        pieces = own;
        before = *out;
    }
    free(own);
    return status;
}
