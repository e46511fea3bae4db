/*
 * engine.c - passes over the input, and joining what the lanes found.
 */
#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/cores.h"
#include "base/error.h"
#include "base/trace.h"
#include "engine/scheduler.h"
#include "engine/lane.h"

/* One pass: its lanes in input order, and their numbers for devices. */
struct pass {
    struct engine *engine;
    struct lane_shared shared;
    struct lane *lanes;
    size_t n_lanes;
    uint32_t **device_of;      /* [n_lanes] local to global numbers */
    struct account_set **sets; /* [n_lanes] */
    struct stage_clock clock;
    struct wattle_error *error;
};

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

static int
fail(struct pass *pass, int status)
{
    if (status == WATTLE_ERR_MEMORY)
        return error_memory(pass->error);
    return status;
}

static int
list_lanes(struct pass *pass)
{
    size_t n = 0;
    for (struct lane *lane = pass->lanes; lane != NULL; lane = lane->next)
        n++;
    pass->n_lanes = n;
    pass->device_of = calloc(n + 1, sizeof(*pass->device_of));
    pass->sets = calloc(n + 1, sizeof(*pass->sets));
    if (pass->device_of == NULL || pass->sets == NULL)
        return fail(pass, WATTLE_ERR_MEMORY);
    n = 0;
    for (struct lane *lane = pass->lanes; lane != NULL; lane = lane->next)
        pass->sets[n++] = &lane->accounts;
    return WATTLE_OK;
}

/* Global numbers for every lane's devices; new devices are added. */
static int
number_devices(struct pass *pass)
{
    struct registry *devices = &pass->engine->devices;
    size_t k = 0;
    for (struct lane *lane = pass->lanes; lane != NULL;
         lane = lane->next, k++) {
        uint32_t n = lane->registry.n_devices;
        pass->device_of[k] = calloc((size_t)n + 1, sizeof(uint32_t));
        if (pass->device_of[k] == NULL)
            return fail(pass, WATTLE_ERR_MEMORY);
        for (uint32_t i = 0; i < n; i++) {
            const char *id = registry_id(&lane->registry, i);
            uint32_t number = registry_add(devices, id, strlen(id));
            if (number == REGISTRY_NO_DEVICE)
                return fail(pass, WATTLE_ERR_MEMORY);
            pass->device_of[k][i] = number;
        }
    }
    return WATTLE_OK;
}

/* The usual small case: one lane's results are the results. */
static bool
take_over(struct pass *pass)
{
    struct lane *lane = pass->lanes;
    if (pass->n_lanes != 1 || pass->shared.diverted != NULL ||
        lane->accounts.n_stretches != 0 || lane->accounts.n_disordered != 0)
        return false;
    pass->engine->devices = lane->registry;
    pass->engine->accounts = lane->accounts;
    registry_init(&lane->registry);
    account_set_init(&lane->accounts, 1, false);
    return true;
}

static int
join_lanes(struct pass *pass)
{
    struct account_set *total = &pass->engine->accounts;
    if (take_over(pass))
        return WATTLE_OK;
    int status = number_devices(pass);
    account_set_init(total, pass->engine->options->max_gap_ms,
                     pass->engine->options->tuning.no_memo);
    total->kernels = pass->shared.kernels;
    if (status == WATTLE_OK)
        status = account_set_reserve(total, pass->engine->devices.n_devices);
    if (status == WATTLE_OK)
        status = account_set_join(total, pass->sets,
                                  (const uint32_t *const *)pass->device_of,
                                  pass->n_lanes);
    return fail(pass, status);
}

/* Every device of a later pass must be known from the first. */
static int
check_unchanged(struct pass *pass)
{
    for (struct lane *lane = pass->lanes; lane != NULL; lane = lane->next) {
        if (lane->saw_unknown)
            return error_set(pass->error, WATTLE_ERR_CHANGED,
                             "the input changed while it was read");
    }
    return WATTLE_OK;
}

/* Sorted readings of the diverted devices go into the joined accounts. */
static int
merge_diverted(struct pass *pass)
{
    struct engine *engine = pass->engine;
    if (pass->shared.diverted == NULL)
        return WATTLE_OK;
    struct reorder **reorders = calloc(pass->n_lanes, sizeof(*reorders));
    if (reorders == NULL)
        return fail(pass, WATTLE_ERR_MEMORY);
    size_t n = 0;
    for (struct lane *lane = pass->lanes; lane != NULL; lane = lane->next) {
        if (lane->reorder != NULL)
            reorders[n++] = lane->reorder;
    }
    int status = reorder_merge(reorders, n, &engine->accounts,
                               &engine->tally.n_duplicates, pass->error);
    free(reorders);
    return status;
}

/* Line numbers count on from the lane before; an empty lane hands them on. */
static void
number_lines(struct pass *pass)
{
    uint64_t carried = 0;
    for (struct lane *lane = pass->lanes; lane != NULL; lane = lane->next) {
        lane->line_base = lane->starts_inside ? carried : 0;
        if (lane->true_begin == lane->true_end)
            continue;
        bool same = lane->starts_inside && lane->ends_inside &&
                    lane->end_source == lane->first_source;
        carried = lane->end_line + (same ? lane->line_base : 0);
    }
}

static struct engine_reject
resolve_reject(const struct lane *lane, const struct reject_place *place)
{
    uint64_t line = place->line + 1;
    if (lane->starts_inside && place->source == lane->first_source)
        line += lane->line_base;
    return (struct engine_reject){place->source, place->reason, line};
}

struct visit {
    struct engine *engine;
    const struct lane *lane;
};

static int
visit_one(void *context, const struct reject_place *place, const char *raw,
          size_t raw_len)
{
    const struct visit *v = context;
    struct engine_reject reject = resolve_reject(v->lane, place);
    v->engine->n_visited++;
    return v->engine->visit_reject(v->engine->visit_context, &reject, raw,
                                   raw_len);
}

static void
gather_tallies(struct pass *pass)
{
    for (const struct lane *lane = pass->lanes; lane != NULL; lane = lane->next)
        tally_add(&pass->engine->tally, &lane->tally);
}

static int
gather_rejects(struct pass *pass)
{
    struct engine *engine = pass->engine;
    int status = WATTLE_OK;
    for (struct lane *lane = pass->lanes; lane != NULL && status == WATTLE_OK;
         lane = lane->next) {
        struct reject_log *log = &lane->rejects;
        for (size_t i = 0;
             i < log->n_first && engine->n_first_rejects < REJECT_LOG_FIRST;
             i++)
            engine->first_rejects[engine->n_first_rejects++] =
                resolve_reject(lane, &log->first[i]);
        struct visit visit = {engine, lane};
        if (engine->visit_reject != NULL)
            status = reject_log_visit(log, visit_one, &visit, pass->error);
    }
    return status;
}

static void
release_pass(struct pass *pass)
{
    for (size_t k = 0; k < pass->n_lanes && pass->device_of != NULL; k++)
        free(pass->device_of[k]);
    free(pass->device_of);
    free(pass->sets);
    while (pass->lanes != NULL) {
        struct lane *next = pass->lanes->next;
        lane_free(pass->lanes);
        pass->lanes = next;
    }
    pthread_mutex_destroy(&pass->shared.lock);
}

/* What all lanes have gathered goes where it is wanted. */
static int
hand_over(struct pass *pass)
{
    struct engine *engine = pass->engine;
    int status = list_lanes(pass);
    if (status == WATTLE_OK)
        status = number_devices(pass);
    if (status != WATTLE_OK)
        return status;
    number_lines(pass);
    gather_tallies(pass);
    status = gather_rejects(pass);
    if (status != WATTLE_OK)
        return status;
    const struct engine_lanes lanes = {pass->lanes, pass->device_of,
                                       pass->n_lanes};
    return engine->take_lanes(engine->take_context, &lanes, pass->error);
}

/* What all lanes have found becomes one. */
static int
merge_pass(struct pass *pass)
{
    struct engine *engine = pass->engine;
    int status = list_lanes(pass);
    if (status == WATTLE_OK)
        status = join_lanes(pass);
    if (status == WATTLE_OK)
        status = check_unchanged(pass);
    if (status != WATTLE_OK || engine->accounts.n_disordered != 0)
        return status;
    status = merge_diverted(pass);
    number_lines(pass);
    gather_tallies(pass);
    return status == WATTLE_OK ? gather_rejects(pass) : status;
}

/* Runs one pass; on success the accounts may still name disordered ones. */
static int
run_pass(struct engine *engine, const uint64_t *starts, const uint8_t *diverted,
         struct wattle_error *error)
{
    struct pass pass = {.engine = engine, .error = error};
    pass.clock.track = trace_track(engine->options->tuning.trace, 0);
    pass.shared = (struct lane_shared){
        .options = engine->options,
        .kernels = kernels_for(engine->options->tuning.simd),
        .n_threads = engine->n_threads,
        .sources = engine->sources,
        .starts = starts,
        .caller_devices = engine->caller_devices,
        .devices = &engine->devices,
        .diverted = diverted,
        .fingerprints = engine->fingerprints,
        .gather_bytes = engine->take_lanes != NULL ? engine->gather_bytes : 0,
        .bytes_done = &engine->bytes_done,
    };
    pthread_mutex_init(&pass.shared.lock, NULL);
    engine->simd = pass.shared.kernels->name;
    engine->n_passes++;
    bool is_timed = engine->options->tuning.timings || pass.clock.track != NULL;
    trace_begin(pass.clock.track, "pass", engine->n_passes);
    int status = scheduler_run(&pass.shared, engine->n_threads, &pass.lanes,
                               is_timed ? engine->spent_ns : NULL, error);
    stage_clock_enter(&pass.clock, STAGE_MERGE);
    stage_clock_begin_group(&pass.clock);
    if (status == WATTLE_OK)
        status =
            engine->take_lanes != NULL ? hand_over(&pass) : merge_pass(&pass);
    release_pass(&pass);
    stage_clock_enter(&pass.clock, STAGE_OTHER);
    stage_clock_cut(&pass.clock, 0, 0);
    trace_end(pass.clock.track);
    engine->spent_ns[STAGE_MERGE] += pass.clock.spent_ns[STAGE_MERGE];
    return status;
}

/*
 * The devices to sort next time: those found now and before. When they are
 * many, all: it saves another pass and costs little more.
 */
static uint8_t *
widen_diverted(struct engine *engine, uint8_t *diverted)
{
    size_t n = engine->devices.n_devices;
    uint8_t *flags = realloc(diverted, n + 1);
    if (flags == NULL) {
        free(diverted);
        return NULL;
    }
    if (diverted == NULL)
        memset(flags, 0, n + 1);
    size_t n_diverted = 0;
    for (size_t i = 0; i < n; i++) {
        if (engine->accounts.accounts[i].is_disordered)
            flags[i] = 1;
        n_diverted += flags[i];
    }
    if (2 * n_diverted > n)
        memset(flags, 1, n + 1);
    return flags;
}

static int
run_passes(struct engine *engine, const uint64_t *starts,
           struct wattle_error *error)
{
    uint8_t *diverted = NULL;
    int status;
    for (;;) {
        status = run_pass(engine, starts, diverted, error);
        if (status != WATTLE_OK || engine->accounts.n_disordered == 0)
            break;
        diverted = widen_diverted(engine, diverted);
        account_set_release(&engine->accounts);
        if (diverted == NULL) {
            status = error_memory(error);
            break;
        }
        if (atomic_load(&engine->bytes_total) != 0)
            atomic_fetch_add(&engine->bytes_total, starts[engine->sources->n]);
    }
    free(diverted);
    return status;
}

static int
prepare_sources(struct engine *engine, struct wattle_error *error)
{
    struct source_list *list = engine->sources;
    const struct source_options how = {
        .value_kind = engine->options->value_kind,
        .window_log = engine->options->zstd_window_log,
    };
    bool any = list->n == 0;
    for (size_t i = 0; i < list->n; i++) {
        struct source *source = &list->sources[i];
        int status = source_prepare(source, &how, error);
        if (status != WATTLE_OK)
            return status;
        any = any || source->is_usable || source->kind == SOURCE_ROWS;
    }
    if (!any)
        return error_set(error, WATTLE_ERR_NO_INPUT,
                         "none of the files could be used");
    return WATTLE_OK;
}

/* Of a stream nobody knows how long it is. */
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
static int
choose_threads(const struct engine *engine)
{
    if (engine->options->n_threads > 0)
        return engine->options->n_threads;
    uint64_t useful = 1 + (count_work(engine->sources) >> 23);
    if (useful == 1)
        return 1;
    uint64_t n = cores_available();
    return (int)(n < useful ? n : useful);
}

int
engine_run(struct engine *engine, struct wattle_error *error)
{
    struct stage_clock clock = {
        .track = trace_track(engine->options->tuning.trace, 0)};
    stage_clock_enter(&clock, STAGE_OPEN);
    stage_clock_begin_group(&clock);
    int status = prepare_sources(engine, error);
    stage_clock_enter(&clock, STAGE_OTHER);
    stage_clock_cut(&clock, 0, 0);
    engine->spent_ns[STAGE_OPEN] += clock.spent_ns[STAGE_OPEN];
    if (status != WATTLE_OK)
        return status;
    uint64_t *starts = lay_out(engine->sources);
    if (starts == NULL)
        return error_memory(error);
    uint64_t n_bytes = starts[engine->sources->n];
    atomic_store(&engine->bytes_total,
                 has_stream(engine->sources) ? 0 : n_bytes);
    engine->n_threads = choose_threads(engine);
    status = run_passes(engine, starts, error);
    free(starts);
    if (status == WATTLE_OK && engine->accounts.profile.failed)
        status = error_memory(error);
    return status;
}

void
engine_release(struct engine *engine)
{
    registry_release(&engine->devices);
    account_set_release(&engine->accounts);
}
