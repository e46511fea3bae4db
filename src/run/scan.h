/*
 * engine.h - runs lanes over the input until the accounts are right.
 *
 * One pass is enough when each device's readings come in order of time.
 * When some do not, a further pass sends these devices' readings through a
 * sorter; it ends because the set of such devices only grows.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdatomic.h>
#include <stdint.h>

#include "analytics/account.h"
#include "base/stage_clock.h"
#include "engine/scan_options.h"
#include "ingest/reject_log.h"
#include "ingest/source.h"
#include "model/registry.h"
#include "model/tally.h"

struct engine_reject {
    uint32_t source;
    int reason;
    uint64_t line; /* counted from 1 */
};

/* Called for every reject in input order when they are kept. */
typedef int (*engine_reject_visit)(void *context,
                                   const struct engine_reject *reject,
                                   const char *raw, size_t raw_len);

/* The lanes of an import, when all of them are right. */
struct engine_lanes {
    struct lane *first;         /* in input order */
    uint32_t *const *device_of; /* [lane][device]: number in engine.devices */
    size_t n;
};

/* Takes what lanes have gathered; they are freed afterwards. */
typedef int (*engine_take_lanes)(void *context,
                                 const struct engine_lanes *lanes,
                                 struct wattle_error *error);

struct engine {
    /* given; borrowed */
    const struct scan_options *options;
    struct source_list *sources;
    const struct registry *caller_devices;
    engine_reject_visit visit_reject; /* NULL = not wanted */
    void *visit_context;
    engine_take_lanes take_lanes; /* NULL = a report, by accounts */
    void *take_context;
    struct fingerprint
        *fingerprints;   /* of the sources, to be hashed, or NULL */
    size_t gather_bytes; /* of memory for rows, when there is take_lanes */
    /* results; devices may be given to be added to, when lanes are taken */
    struct registry devices;
    struct account_set accounts; /* by number in `devices` */
    struct tally tally;
    struct engine_reject first_rejects[REJECT_LOG_FIRST];
    size_t n_first_rejects;
    uint64_t n_visited; /* rejects given to visit_reject */
    uint64_t n_passes;
    int n_threads;
    const char *simd;
    int64_t spent_ns[N_STAGES]; /* summed over threads */
    /* progress, readable from any thread */
    _Atomic uint64_t bytes_done, bytes_total;
};

/*
 * Prepares the sources and runs. The engine is zeroed but for what is given.
 * 0, or the status of the first failure.
 */
int engine_run(struct engine *engine, struct wattle_error *error);

void engine_release(struct engine *engine);

#endif
