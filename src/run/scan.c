/*
 * scan.c - positions of the sources, the splits that came of them, and what the
 * splits say about lines.
 *
 * A split counts lines from where it began. Which line of the file that is
 * follows from the splits before it, so numbers of lines are made when all have
 * ended (number_lines).
 */
#include "run/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/cores.h"
#include "base/error.h"
#include "base/trace.h"
#include "run/recognise.h"
#include "run/scheduler.h"

/* Positions of the sources; an empty one still takes a place. */
static uint64_t *
lay_out(const struct source_list *sources)
{
    uint64_t *starts = calloc(sources->n + 1, sizeof(*starts));
    if (starts == NULL)
        return NULL;
    for (size_t i = 0; i < sources->n; i++) {
        uint64_t size = sources->sources[i].size_bytes;
        starts[i + 1] = starts[i] + (size != 0 ? size : 1);
    }
    return starts;
}

uint64_t
scan_bytes(const struct source_list *sources)
{
    uint64_t n = 0;
    for (size_t i = 0; i < sources->n; i++) {
        uint64_t size = sources->sources[i].size_bytes;
        n += size != 0 ? size : 1;
    }
    return n;
}

int
scan_prepare(const struct scan_options *options, struct source_list *sources,
             struct wattle_error *error)
{
    const struct source_options how = {
        .window_log = options->zstd_window_log,
    };
    const struct format_options formats = {.value_kind = options->value_kind};
    bool any = sources->n == 0;
    for (size_t i = 0; i < sources->n; i++) {
        struct source *source = &sources->sources[i];
        int status = recognise_source(source, &how, &formats, error);
        if (status != WATTLE_OK)
            return status;
        any = any || source->is_usable || source->kind == SOURCE_ROWS;
    }
    if (!any)
        return error_set(error, WATTLE_ERR_NO_INPUT,
                         "none of the files could be used");
    return WATTLE_OK;
}

/* The length of a stream is unknown. */
static bool
has_stream(const struct source_list *sources)
{
    for (size_t i = 0; i < sources->n; i++) {
        if (sources->sources[i].kind == SOURCE_STREAM)
            return true;
    }
    return false;
}

/* Bytes of work; a packed one is worth about eight. */
static uint64_t
count_work(const struct source_list *sources)
{
    uint64_t n = 0;
    for (size_t i = 0; i < sources->n; i++) {
        const struct source *source = &sources->sources[i];
        n += source->size_bytes * (source->kind == SOURCE_PACKED ? 8 : 1);
    }
    return n;
}

/* A thread more for each 8 MiB: small inputs must not pay for threads. */
int
scan_threads(const struct scan_options *options,
             const struct source_list *sources)
{
    if (options->n_threads > 0)
        return options->n_threads;
    uint64_t useful = 1 + (count_work(sources) >> 23);
    if (useful == 1)
        return 1;
    uint64_t n = cores_available();
    return (int)(n < useful ? n : useful);
}

/* Line numbers count on from the split before; an empty one hands them on. */
static void
number_lines(struct scan_splits *splits)
{
    uint64_t carried = 0;
    for (struct split *split = splits->first; split != NULL;
         split = split->next) {
        split->line_base = split->starts_inside ? carried : 0;
        if (split->true_begin == split->true_end)
            continue;
        bool same = split->starts_inside && split->ends_inside &&
                    split->end_source == split->first_source;
        carried = split->end_line + (same ? split->line_base : 0);
    }
}

/* Adds up what the splits have counted. */
static void
take_splits(struct scan_splits *splits)
{
    number_lines(splits);
    for (const struct split *split = splits->first; split != NULL;
         split = split->next) {
        splits->n++;
        tally_add(&splits->tally, &split->tally);
    }
}

static int
run_splits(const struct scan *scan, struct split_shared *shared,
           struct scan_splits *splits, struct wattle_error *error)
{
    const struct tuning *tuning = &scan->options->tuning;
    bool is_timed = tuning->timings || tuning->trace != NULL;
    pthread_mutex_init(&shared->lock, NULL);
    int status = scheduler_run(shared, scan->n_threads, &splits->first,
                               is_timed ? scan->spent_ns : NULL, error);
    pthread_mutex_destroy(&shared->lock);
    if (status == WATTLE_OK)
        take_splits(splits);
    return status;
}

int
scan_run(const struct scan *scan, const struct sink_ops *ops, void *sink,
         struct scan_splits *splits, struct wattle_error *error)
{
    uint64_t *starts = lay_out(scan->sources);
    *splits = (struct scan_splits){.ops = ops};
    if (starts == NULL)
        return error_memory(error);
    struct split_shared shared = {
        .options = scan->options,
        .kernels = kernels_for(scan->options->tuning.simd),
        .sources = scan->sources,
        .starts = starts,
        .caller_devices = scan->caller_devices,
        .fingerprints = scan->fingerprints,
        .ops = ops,
        .sink = sink,
        .bytes_done = &scan->progress->done,
    };
    /* a scan after the first one comes on top */
    uint64_t n_bytes =
        has_stream(scan->sources) ? 0 : scan_bytes(scan->sources);
    atomic_fetch_add(&scan->progress->total, n_bytes);
    int status = run_splits(scan, &shared, splits, error);
    free(starts);
    return status;
}

int
scan_number_devices(struct scan_splits *splits, struct registry *devices,
                    struct wattle_error *error)
{
    size_t k = 0;
    splits->device_of = calloc(splits->n + 1, sizeof(*splits->device_of));
    if (splits->device_of == NULL)
        return error_memory(error);
    for (const struct split *split = splits->first; split != NULL;
         split = split->next, k++) {
        uint32_t n = split->registry.n_devices;
        splits->device_of[k] = calloc((size_t)n + 1, sizeof(uint32_t));
        if (splits->device_of[k] == NULL)
            return error_memory(error);
        for (uint32_t i = 0; i < n; i++) {
            const char *id = registry_id(&split->registry, i);
            uint32_t number = registry_add(devices, id, strlen(id));
            if (number == REGISTRY_NO_DEVICE)
                return error_memory(error);
            splits->device_of[k][i] = number;
        }
    }
    return WATTLE_OK;
}

static struct scan_reject
resolve_reject(const struct split *split, const struct reject_place *place)
{
    uint64_t line = place->line + 1;
    if (split->starts_inside && place->source == split->first_source)
        line += split->line_base;
    return (struct scan_reject){place->source, place->reason, line};
}

struct split_rejects {
    struct scan_rejects *rejects;
    const struct split *split;
};

static int
visit_one(void *context, const struct reject_place *place, const char *raw,
          size_t raw_len, struct wattle_error *error)
{
    const struct split_rejects *v = context;
    struct scan_reject reject = resolve_reject(v->split, place);
    v->rejects->n_visited++;
    return v->rejects->visit(v->rejects->context, &reject, raw, raw_len, error);
}

int
scan_take_rejects(struct scan_splits *splits, struct scan_rejects *rejects,
                  struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (struct split *split = splits->first;
         split != NULL && status == WATTLE_OK; split = split->next) {
        struct reject_log *log = &split->rejects;
        for (size_t i = 0;
             i < log->n_first && rejects->n_first < REJECT_LOG_FIRST; i++)
            rejects->first[rejects->n_first++] =
                resolve_reject(split, &log->first[i]);
        struct split_rejects of_split = {rejects, split};
        if (rejects->visit != NULL)
            status = reject_log_visit(log, visit_one, &of_split, error);
    }
    return status;
}

void
scan_count_device_rejects(const struct scan_splits *splits,
                          uint64_t *n_of_device)
{
    size_t k = 0;
    for (const struct split *split = splits->first; split != NULL;
         split = split->next, k++) {
        const struct reject_log *log = &split->rejects;
        for (size_t i = 0; i < log->n_of_devices; i++) {
            const uint32_t device = log->of_devices[i].device;
            /* one split alone may have the numbers already */
            n_of_device[splits->device_of != NULL ? splits->device_of[k][device]
                                                  : device] +=
                log->of_devices[i].n;
        }
    }
}

void
scan_splits_release(struct scan_splits *splits)
{
    for (size_t k = 0; k < splits->n && splits->device_of != NULL; k++)
        free(splits->device_of[k]);
    free(splits->device_of);
    while (splits->first != NULL) {
        struct split *next = splits->first->next;
        split_free(splits->first, splits->ops);
        splits->first = next;
    }
    *splits = (struct scan_splits){0};
}
