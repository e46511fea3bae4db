/*
 * lane.h - one worker's stretch of the input, and what came of it.
 *
 * All inputs in their order form one line of positions: a source begins at
 * its `start` and each byte of a plain file is one position. A lane is an
 * interval of positions; it reads every record that begins in it. Its end
 * may move forward-to-earlier while it runs, when an idle worker takes the
 * rest. A lane that begins inside a file guesses that the first newline it
 * meets ends a record; whether that was right is known when the lane before
 * it has ended: its true_end must be our true_begin.
 */
#ifndef ENGINE_LANE_H
#define ENGINE_LANE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "analytics/account.h"
#include "analytics/reorder.h"
#include "base/stage_clock.h"
#include "engine/scan_options.h"
#include "ingest/block_decoder.h"
#include "ingest/fingerprint.h"
#include "ingest/reader.h"
#include "ingest/source.h"
#include "model/tally.h"
#include "store/regroup.h"

/* What all lanes of a pass share. */
struct lane_shared {
    const struct scan_options *options;
    const struct kernels *kernels;
    int n_threads;
    struct source_list *sources;
    const uint64_t *starts;                /* [n + 1] position of each source */
    const struct registry *caller_devices; /* of SOURCE_ROWS */
    /* from the second pass on */
    const struct registry *devices; /* global numbers */
    const uint8_t *diverted;        /* [devices] 1: goes through reorder */
    struct fingerprint
        *fingerprints;   /* [sources] to be hashed on the way, or NULL */
    size_t gather_bytes; /* > 0: gather rows for a database, no accounts */
    /* progress */
    _Atomic uint64_t *bytes_done;
    /* failures and splitting */
    pthread_mutex_t lock;
    _Atomic int status; /* of the first failure that ends the run */
    struct wattle_error error;
};

enum { LANE_DEVICE_FILTERED = 1, LANE_DEVICE_DIVERTED = 2 };

/* A lane's part of a source. */
struct lane_source {
    size_t source;
    uint64_t n_lines;   /* data lines */
    uint64_t end_line;  /* LF bytes before where it stopped, as it counts */
    uint64_t end_bytes; /* where that is in the text */
    bool is_end;        /* of the source */
    bool has_rest;      /* text behind it, which was left for later */
    bool is_open;       /* the last record had no end, and was rejected */
    uint64_t by_reason[WATTLE_N_REASONS];
};

struct lane {
    struct lane *next;   /* in input order */
    uint64_t begin, end; /* `end` under the lock */
    uint64_t claimed;    /* positions before this are taken; same */
    bool is_running;     /* same */
    bool is_certain;     /* begin is known to be a record's start */
    /* results */
    uint64_t true_begin, true_end;
    struct registry registry;
    struct account_set accounts;
    struct reject_log rejects;
    struct reorder *reorder;
    struct regroup *regroup;  /* when rows are gathered */
    struct lane_source *seen; /* the same: what came of which source */
    size_t n_seen, seen_cap;
    struct tally tally;
    bool saw_unknown; /* a device that no earlier pass has seen */
    /* for line numbers */
    bool starts_inside;
    size_t first_source;
    bool ends_inside;
    size_t end_source;
    uint64_t end_line;  /* LF bytes before true_end, as the lane counts */
    uint64_t line_base; /* to add in first_source when starts_inside */
    /* by local device number */
    uint8_t *device_flags;
    uint32_t *device_global;
    size_t n_flags, flag_cap, global_cap;
};

/* A lane on the heap; NULL = no memory. */
struct lane *lane_new(uint64_t begin, uint64_t end);
void lane_free(struct lane *lane);

/* Forgets all results, to run again from a known record start. */
void lane_restart(struct lane *lane, uint64_t begin);

/* Runs to the end. Failures go to shared->status. */
void lane_run(struct lane *lane, struct lane_shared *shared,
              struct stage_clock *clock);

/* Notes the first failure; the others see it and stop. */
void lane_fail(struct lane_shared *shared, int status,
               const struct wattle_error *error);

#endif
