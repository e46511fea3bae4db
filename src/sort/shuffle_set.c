/*
 * shuffle_set.c - which runs a device has, and how many a merge can take.
 *
 * The shuffles are finished, so that any number of threads reads them at the
 * same time.
 */
#include "sort/shuffle_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sort/merge_pass.h"

int
shuffle_set_open(struct shuffle_set *set, const struct shuffle_part *parts,
                 size_t n_parts, uint32_t n_devices)
{
    const size_t n = n_parts * n_devices;
    *set = (struct shuffle_set){
        .parts = parts, .n_parts = n_parts, .n_devices = n_devices};
    set->locals = malloc((n + 1) * sizeof(*set->locals));
    if (set->locals == NULL)
        return WATTLE_ERR_MEMORY;
    memset(set->locals, 0xff, n * sizeof(*set->locals));
    for (size_t k = 0; k < n_parts; k++) {
        for (uint32_t i = 0; i < parts[k].n_devices; i++)
            set->locals[k * n_devices + parts[k].device_of[i]] = i;
    }
    return WATTLE_OK;
}

void
shuffle_set_release(struct shuffle_set *set)
{
    free(set->locals);
    *set = (struct shuffle_set){0};
}

static const struct spilled_run *
first_run(const struct shuffle_set *set, size_t part, uint32_t device)
{
    uint32_t local = set->locals[part * set->n_devices + device];
    return local != UINT32_MAX
               ? shuffle_first_run(set->parts[part].shuffle, local)
               : NULL;
}

struct gathered
shuffle_set_measure(const struct shuffle_set *set, uint32_t device)
{
    struct gathered g = {INT64_MAX, INT64_MIN, 0, 0};
    for (size_t k = 0; k < set->n_parts; k++) {
        const struct shuffle *shuffle = set->parts[k].shuffle;
        for (const struct spilled_run *p = first_run(set, k, device); p != NULL;
             p = shuffle_next_run(shuffle, p)) {
            g.n_runs++;
            g.n_rows += p->n_rows;
            g.first_ms = p->first_ms < g.first_ms ? p->first_ms : g.first_ms;
            g.last_ms = p->last_ms > g.last_ms ? p->last_ms : g.last_ms;
        }
    }
    return g;
}

/* All runs of a device in order of arrival; NULL = no memory. */
static struct run_ref *
list_runs(const struct shuffle_set *set, uint32_t device, size_t n)
{
    struct run_ref *list = calloc(n + 1, sizeof(*list));
    size_t i = 0;
    for (size_t k = 0; k < set->n_parts && list != NULL; k++) {
        const struct shuffle *shuffle = set->parts[k].shuffle;
        for (const struct spilled_run *p = first_run(set, k, device); p != NULL;
             p = shuffle_next_run(shuffle, p))
            list[i++] = (struct run_ref){shuffle, p};
    }
    return list;
}

int
shuffle_set_reduce(const struct shuffle_set *set, uint32_t device,
                   size_t n_runs, struct device_merge *merge,
                   const struct kernels *kernels, struct shuffle **reduced,
                   struct wattle_error *error)
{
    *reduced = NULL;
    if (n_runs <= MERGE_PASS_MAX_OVERLAP)
        return WATTLE_OK;
    struct run_ref *list = list_runs(set, device, n_runs);
    size_t overlap =
        list != NULL ? merge_pass_overlap(list, n_runs) : (size_t)-1;
    int status = WATTLE_OK;
    if (overlap == (size_t)-1)
        status = error_memory(error);
    else if (overlap > MERGE_PASS_MAX_OVERLAP)
        status = merge_pass_run(merge, kernels, list, n_runs, reduced, error);
    free(list);
    return status;
}

static int
add_runs(struct device_merge *merge, const struct shuffle *shuffle,
         const struct spilled_run *run)
{
    int status = WATTLE_OK;
    for (; run != NULL && status == WATTLE_OK;
         run = shuffle_next_run(shuffle, run))
        status = device_merge_add_run(merge, shuffle, run);
    return status;
}

int
shuffle_set_add(const struct shuffle_set *set, uint32_t device,
                const struct shuffle *reduced, struct device_merge *merge)
{
    int status = WATTLE_OK;
    if (reduced != NULL)
        return add_runs(merge, reduced, shuffle_first_run(reduced, 0));
    for (size_t k = 0; k < set->n_parts && status == WATTLE_OK; k++)
        status =
            add_runs(merge, set->parts[k].shuffle, first_run(set, k, device));
    return status;
}
