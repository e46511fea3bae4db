/*
 * sorted_totals.c - threads take devices one after the other, merge the runs
 * of each, and add it up in totals of their own, which are joined at the end.
 *
 * The set of a worker holds devices of no other worker, so joining them is
 * moving them.
 */
#include "run/sorted_totals.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "analytics/totals_meter.h"
#include "base/error.h"
#include "base/pool.h"

struct sort_job {
    const struct sorted_totals *sorted;
    struct shuffle_set set;
    struct sort_worker *workers;
    _Atomic uint32_t next; /* device */
    _Atomic int status;    /* of a failure */
};

struct sort_worker {
    struct sort_job *job;
    struct device_merge *merge;
    struct totals_set totals;
    struct totals_meter meter;
    struct sorted_counts counts;
    uint32_t number;              /* of the device at hand */
    struct shuffle *reduced;      /* some of its runs, merged; or NULL */
    struct merge_segment segment; /* of the merge, what is not in rows yet */
    struct block *rows;
    uint32_t device[BLOCK_ROWS]; /* the same number in each row */
    uint32_t presence[BLOCK_ROWS];
    struct wattle_error error;
};

static void
empty(struct block *rows)
{
    rows->n_rows = 0;
    rows->columns = 0;
    rows->exponent = BLOCK_MILLI;
}

static int
open_worker(struct sort_worker *w, struct sort_job *job,
            const struct totals_set *like)
{
    w->job = job;
    totals_set_init_like(&w->totals, like);
    w->meter.holds = job->sorted->holds;
    w->merge = device_merge_new(job->sorted->kernels, UINT32_MAX, NULL, NULL);
    w->rows = aligned_alloc(64, sizeof(*w->rows));
    if (w->merge == NULL || w->rows == NULL)
        return WATTLE_ERR_MEMORY;
    empty(w->rows);
    return totals_set_reserve(&w->totals, job->sorted->n_devices);
}

static void
close_worker(struct sort_worker *w)
{
    device_merge_free(w->merge);
    free(w->rows);
    totals_meter_release(&w->meter);
    totals_set_release(&w->totals);
}

/* Begins with the merge of the device's runs. A reading_source.rewind. */
static int
rewind_merge(void *context, struct wattle_error *error)
{
    struct sort_worker *w = context;
    w->segment.n = 0;
    device_merge_reset(w->merge);
    return shuffle_set_add(&w->job->set, w->number, w->reduced, w->merge) ==
                   WATTLE_OK
               ? WATTLE_OK
               : error_memory(error);
}

/*
 * What the merge brings out, in whole blocks: where runs overlap, it comes row
 * by row. A reading_source.next.
 */
static int
next_rows(void *context, struct batch_view *batch, struct wattle_error *error)
{
    struct sort_worker *w = context;
    struct merge_segment *s = &w->segment;
    int status = WATTLE_OK;
    empty(w->rows);
    while (w->rows->n_rows < BLOCK_ROWS) {
        if (s->n == 0)
            status = device_merge_next(w->merge, s, error);
        if (status != WATTLE_OK || s->n == 0)
            break;
        size_t room = BLOCK_ROWS - w->rows->n_rows;
        size_t n = s->n < room ? s->n : room;
        block_append(w->rows, s->block, s->first, n);
        s->first += n;
        s->n -= n;
    }
    *batch = block_view(w->rows, 0, w->rows->n_rows, w->device, w->presence);
    return status;
}

/* Adds up sorted rows; *n_rows counts them. */
static int
add_sorted(struct sort_worker *w, uint64_t *n_rows)
{
    int status = rewind_merge(w, &w->error);
    for (*n_rows = 0; status == WATTLE_OK;) {
        struct batch_view batch;
        status = next_rows(w, &batch, &w->error);
        if (status != WATTLE_OK || batch.n_rows == 0)
            break;
        *n_rows += batch.n_rows;
        if (totals_set_add(&w->totals, &batch) != WATTLE_OK)
            status = error_memory(&w->error);
    }
    return status;
}

/* The same by a meter. */
static int
add_metered(struct sort_worker *w, uint64_t *n_rows)
{
    const struct reading_source source = {rewind_merge, next_rows, w};
    int status =
        totals_meter_add(&w->meter, &w->totals, w->number, &source, &w->error);
    *n_rows = w->meter.n_inside + w->meter.n_outside;
    w->counts.n_outside += w->meter.n_outside;
    return status;
}

static int
add_device(struct sort_worker *w, uint32_t device)
{
    const struct sort_job *job = w->job;
    const struct gathered g = shuffle_set_measure(&job->set, device);
    uint64_t n_rows = 0;
    if (g.n_rows == 0)
        return WATTLE_OK;
    w->number = device;
    for (size_t i = 0; i < BLOCK_ROWS; i++)
        w->device[i] = device;
    device_merge_reset(w->merge);
    int status =
        shuffle_set_reduce(&job->set, device, g.n_runs, w->merge,
                           job->sorted->kernels, &w->reduced, &w->error);
    if (status == WATTLE_OK)
        status = job->sorted->diverted[device] == DIVERT_METER
                     ? add_metered(w, &n_rows)
                     : add_sorted(w, &n_rows);
    w->counts.n_replaced += g.n_rows - n_rows;
    device_merge_reset(w->merge);
    shuffle_free(w->reduced);
    w->reduced = NULL;
    return status;
}

/* A pool_work. */
static void
sort_devices(void *context, unsigned worker)
{
    struct sort_job *job = context;
    struct sort_worker *w = &job->workers[worker];
    int status = WATTLE_OK;
    while (status == WATTLE_OK && atomic_load(&job->status) == WATTLE_OK) {
        uint32_t device = atomic_fetch_add(&job->next, 1);
        if (device >= job->sorted->n_devices)
            break;
        status = cancel_flag_check(job->sorted->cancel, &w->error);
        if (status == WATTLE_OK)
            status = add_device(w, device);
    }
    totals_set_flush(&w->totals);
    if (status != WATTLE_OK)
        atomic_store(&job->status, status);
}

/* What was there and what the workers have added become one. */
static int
join(const struct sort_job *job, int n_workers, struct totals_set *totals,
     struct sorted_counts *counts, struct wattle_error *error)
{
    const size_t n_sets = (size_t)n_workers + 1;
    struct totals_set **sets = calloc(n_sets, sizeof(struct totals_set *));
    const uint32_t **same = calloc(n_sets, sizeof(const uint32_t *));
    struct totals_set joined;
    int status = WATTLE_ERR_MEMORY;
    totals_set_init_like(&joined, totals);
    if (sets != NULL && same != NULL)
        status = totals_set_reserve(&joined, job->sorted->n_devices);
    if (status == WATTLE_OK) {
        sets[0] = totals;
        for (int i = 0; i < n_workers; i++) {
            sets[i + 1] = &job->workers[i].totals;
            counts->n_replaced += job->workers[i].counts.n_replaced;
            counts->n_outside += job->workers[i].counts.n_outside;
        }
        status = totals_set_join(&joined, sets, same, n_sets);
    }
    free(sets);
    free(same);
    if (status != WATTLE_OK) {
        totals_set_release(&joined);
        return error_memory(error);
    }
    totals_set_release(totals);
    *totals = joined;
    return WATTLE_OK;
}

int
sorted_totals_add(const struct sorted_totals *sorted, struct totals_set *totals,
                  struct sorted_counts *counts, struct wattle_error *error)
{
    struct sort_job job = {.sorted = sorted};
    int n_open = 0;
    *counts = (struct sorted_counts){0, 0};
    job.workers = calloc((size_t)sorted->n_threads, sizeof(*job.workers));
    int status = shuffle_set_open(&job.set, sorted->parts, sorted->n_parts,
                                  sorted->n_devices);
    if (job.workers == NULL)
        status = WATTLE_ERR_MEMORY;
    while (status == WATTLE_OK && n_open < sorted->n_threads)
        status = open_worker(&job.workers[n_open++], &job, totals);
    if (status == WATTLE_OK) {
        pool_run((unsigned)n_open, sort_devices, &job);
        status = atomic_load(&job.status);
        for (int i = 0; i < n_open && status != WATTLE_OK; i++) {
            if (job.workers[i].error.code != WATTLE_OK && error != NULL)
                *error = job.workers[i].error;
        }
        if (status == WATTLE_OK)
            status = join(&job, n_open, totals, counts, error);
    } else {
        error_memory(error);
    }
    for (int i = 0; i < n_open; i++)
        close_worker(&job.workers[i]);
    free(job.workers);
    shuffle_set_release(&job.set);
    return status;
}
