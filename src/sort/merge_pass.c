/*
 * merge_pass.c - groups of neighbouring runs become longer lines of runs.
 *
 * Memory of a merge grows with the runs that overlap. Order of arrival is
 * kept, because of equal times the later arrival counts.
 */
#include "sort/merge_pass.h"

#include <stdlib.h>

#include "base/error.h"
#include "sort/group_sort.h"

static int
compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

size_t
merge_pass_overlap(const struct run_ref *runs, size_t n)
{
    int64_t *first_ms = calloc(2 * n + 1, sizeof(*first_ms));
    size_t most = 0;
    if (first_ms == NULL)
        return (size_t)-1;
    int64_t *last_ms = first_ms + n;
    for (size_t i = 0; i < n; i++) {
        first_ms[i] = runs[i].run->first_ms;
        last_ms[i] = runs[i].run->last_ms;
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

/* Merges a group into runs behind those of `out`. */
static int
merge_group(struct device_merge *merge, const struct run_ref *runs, size_t n,
            struct block *block, struct shuffle *out,
            struct wattle_error *error)
{
    bool is_done = false;
    int status = WATTLE_OK;
    /* else many rows in succession come from one run: a heap is cheap */
    if (merge_pass_overlap(runs, n) > n / 2)
        status = group_sort(runs, n, out, &is_done, error);
    if (status != WATTLE_OK || is_done)
        return status;
    device_merge_reset(merge);
    block->n_rows = 0;
    for (size_t i = 0; i < n && status == WATTLE_OK; i++)
        status = device_merge_add_run(merge, runs[i].shuffle, runs[i].run);
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
                status = shuffle_put_run(out, 0, block, error);
                block->n_rows = 0;
            }
        }
        if (status != WATTLE_OK)
            break;
    }
    if (status == WATTLE_OK && block->n_rows > 0)
        status = shuffle_put_run(out, 0, block, error);
    return status;
}

/* One round: each group of neighbouring runs becomes one line. */
static int
merge_groups(struct device_merge *merge, const struct run_ref *runs, size_t n,
             size_t group, struct shuffle *out, struct wattle_error *error)
{
    struct block *block = aligned_alloc(64, sizeof(*block));
    int status = block != NULL ? WATTLE_OK : error_memory(error);
    for (size_t at = 0; at < n && status == WATTLE_OK; at += group)
        status = merge_group(merge, runs + at, n - at < group ? n - at : group,
                             block, out, error);
    free(block);
    return status == WATTLE_OK ? shuffle_finish(out, error) : status;
}

/* The runs of a finished round; NULL = no memory. */
static struct run_ref *
list_runs(const struct shuffle *out, size_t *n)
{
    *n = 0;
    for (const struct spilled_run *p = shuffle_first_run(out, 0); p != NULL;
         p = shuffle_next_run(out, p))
        (*n)++;
    struct run_ref *list = calloc(*n + 1, sizeof(*list));
    size_t i = 0;
    for (const struct spilled_run *p = shuffle_first_run(out, 0);
         p != NULL && list != NULL; p = shuffle_next_run(out, p))
        list[i++] = (struct run_ref){out, p};
    return list;
}

/*
 * The first round merges that many runs to a line; the next that many lines,
 * which are as many times more runs.
 */
int
merge_pass_run(struct device_merge *merge, const struct kernels *kernels,
               const struct run_ref *runs, size_t n, struct shuffle **out,
               struct wattle_error *error)
{
    struct shuffle *before = NULL;
    struct run_ref *own = NULL;
    int status = WATTLE_OK;
    *out = NULL;
    for (size_t group = MERGE_PASS_MAX_OVERLAP;;
         group *= MERGE_PASS_MAX_OVERLAP) {
        *out = shuffle_new(kernels, 0);
        status = *out != NULL ? merge_groups(merge, runs, n, group, *out, error)
                              : error_memory(error);
        shuffle_free(before);
        before = NULL;
        free(own);
        own = NULL;
        if (status != WATTLE_OK)
            break;
        own = list_runs(*out, &n);
        size_t overlap = own != NULL ? merge_pass_overlap(own, n) : (size_t)-1;
        if (overlap == (size_t)-1)
            status = error_memory(error);
        if (overlap <= MERGE_PASS_MAX_OVERLAP || status != WATTLE_OK)
            break;
        runs = own;
        before = *out;
    }
    free(own);
    return status;
}
