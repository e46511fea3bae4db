/*
 * scheduler.c - splitting, running, verifying.
 *
 * Splits tile the input without gaps. One that began inside a file has
 * guessed; its guess is checked against the true end of the one before, and it
 * is run again when that was wrong.
 */
#include "run/scheduler.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/pool.h"
#include "base/trace.h"
#include "run/recognise.h"

/*
 * A rest shorter than this is not worth a split of its own. Who asks for small
 * blocks wants small pieces, too.
 */
#define MIN_STEAL_BYTES  (UINT64_C(1) << 19)
#define MIN_STEAL_BLOCKS 4

struct scheduler {
    struct split_shared *shared;
    struct split *first;
    int64_t *spent_ns;
};

static uint64_t
min_steal(const struct split_shared *shared)
{
    uint64_t blocks = MIN_STEAL_BLOCKS * shared->options->tuning.block_bytes;
    return blocks != 0 && blocks < MIN_STEAL_BYTES ? blocks : MIN_STEAL_BYTES;
}

/* Moves a cut out of a source that can only be read as a whole. */
static uint64_t
allowed_cut(const struct split_shared *shared, uint64_t from, uint64_t at,
            uint64_t end)
{
    size_t i = 0, n = shared->sources->n;
    while (i < n && shared->starts[i + 1] <= at)
        i++;
    if (i == n || recognise_splits(&shared->sources->sources[i]))
        return at;
    if (shared->starts[i] > from)
        return shared->starts[i];
    return shared->starts[i + 1] < end ? shared->starts[i + 1] : 0;
}

/* The second half of the longest rest, as a new split; NULL = nothing left. */
static struct split *
steal_half(struct scheduler *scheduler)
{
    struct split *longest = NULL;
    uint64_t most = 0;
    pthread_mutex_lock(&scheduler->shared->lock);
    for (struct split *split = scheduler->first; split != NULL;
         split = split->next) {
        uint64_t from =
            split->claimed > split->begin ? split->claimed : split->begin;
        uint64_t rest = split->end > from ? split->end - from : 0;
        if (split->is_running && rest > most) {
            most = rest;
            longest = split;
        }
    }
    struct split *fresh = NULL;
    if (longest != NULL && most >= min_steal(scheduler->shared)) {
        uint64_t from = longest->end - most;
        uint64_t at =
            allowed_cut(scheduler->shared, from, from + most / 2, longest->end);
        if (at > from && at < longest->end)
            fresh = split_new(at, longest->end);
        if (fresh != NULL) {
            fresh->next = longest->next;
            fresh->is_running = true;
            longest->next = fresh;
            longest->end = at;
        }
    }
    pthread_mutex_unlock(&scheduler->shared->lock);
    return fresh;
}

static void
add_times(struct scheduler *scheduler, const struct stage_clock *clock)
{
    pthread_mutex_lock(&scheduler->shared->lock);
    for (int i = 0; i < N_STAGES; i++)
        scheduler->spent_ns[i] += clock->spent_ns[i];
    pthread_mutex_unlock(&scheduler->shared->lock);
}

/* Runs a split; its span and its blocks go onto the clock's track. */
static void
run_split(struct scheduler *scheduler, struct split *split,
          struct stage_clock *clock)
{
    struct trace_track *track = clock != NULL ? clock->track : NULL;
    trace_begin(
        track, split->is_certain && split->begin != 0 ? "split again" : "split",
        0);
    stage_clock_enter(clock, STAGE_OTHER);
    stage_clock_begin_group(clock);
    split_run(split, scheduler->shared, clock);
    stage_clock_cut(clock, split->tally.n_bytes, split->tally.n_lines);
    trace_end(track);
}

/* Runs a split, then the second halves of others. */
static void
run_splits(struct scheduler *scheduler, struct split *split, unsigned worker)
{
    struct wattle_trace *trace = scheduler->shared->options->tuning.trace;
    struct stage_clock clock = {.track = trace_track(trace, worker)};
    struct stage_clock *used = scheduler->spent_ns != NULL ? &clock : NULL;
    while (split != NULL) {
        run_split(scheduler, split, used);
        pthread_mutex_lock(&scheduler->shared->lock);
        split->is_running = false;
        pthread_mutex_unlock(&scheduler->shared->lock);
        if (atomic_load(&scheduler->shared->status) != WATTLE_OK)
            break;
        split = steal_half(scheduler);
    }
    if (used != NULL)
        add_times(scheduler, used);
}

/* A pool_work: the calling thread begins with all of the input. */
static void
run_worker(void *context, unsigned worker)
{
    struct scheduler *scheduler = context;
    struct split *split =
        worker == 0 ? scheduler->first : steal_half(scheduler);
    if (split != NULL)
        run_splits(scheduler, split, worker);
}

static bool
has_failed(const struct scheduler *scheduler)
{
    return atomic_load(&scheduler->shared->status) != WATTLE_OK;
}

/* Runs a split and the next one again as one. */
static void
run_joined(struct scheduler *scheduler, struct split *split)
{
    struct split *next = split->next;
    split->next = next->next;
    split->end = next->end;
    split_free(next, scheduler->shared->ops);
    split_restart(split, scheduler->shared->ops, split->true_begin);
    run_splits(scheduler, split, 0);
}

/*
 * A split that began inside a file guessed. If the split before it ended
 * elsewhere, it is run again from there; then its own end is the truth for
 * the next one. One that needs the records before it is joined with that split;
 * as this may need those before it in turn, looking at all begins afresh. The
 * first split lacks nothing, so this ends.
 */
static void
verify(struct scheduler *scheduler)
{
    struct split *split = scheduler->first;
    while (split->next != NULL && !has_failed(scheduler)) {
        struct split *next = split->next;
        if (next->true_begin != split->true_end) {
            split_restart(next, scheduler->shared->ops, split->true_end);
            run_splits(scheduler, next, 0);
        }
        assert(has_failed(scheduler) || next->true_begin == split->true_end);
        split = next;
        if (next->lacks_context && !has_failed(scheduler)) {
            for (split = scheduler->first; split->next != next;)
                split = split->next;
            run_joined(scheduler, split);
            split = scheduler->first;
        }
    }
}

int
scheduler_run(struct split_shared *shared, int n_threads, struct split **splits,
              int64_t *spent_ns, struct wattle_error *error)
{
    struct scheduler scheduler = {.shared = shared, .spent_ns = spent_ns};
    scheduler.first = split_new(0, shared->starts[shared->sources->n]);
    *splits = scheduler.first;
    if (scheduler.first == NULL)
        return error_memory(error);
    scheduler.first->is_certain = true;
    scheduler.first->is_running = true;
    pool_run((unsigned)n_threads, run_worker, &scheduler);
    verify(&scheduler);
    int status = atomic_load(&shared->status);
    if (status != WATTLE_OK && error != NULL)
        *error = shared->error;
    return status;
}
