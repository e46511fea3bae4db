/*
 * split.h - a part of the input that one worker reads, and what came of it.
 *
 * All inputs in their order form one line of positions: a source begins at
 * its `start` and each byte of a plain file is one position. A split is an
 * interval of positions; it reads every record that begins in it. `end` may
 * shrink while the split is running, when an idle worker steals its second
 * half. A split that begins inside a file guesses that the first newline it
 * meets ends a record; whether that was right is known when the split before
 * it has ended: its true_end must be our true_begin.
 *
 * Invariant, once the scheduler has verified them: the splits tile the input.
 * Of neighbours, true_end of the first is true_begin of the second.
 */
#ifndef RUN_SPLIT_H
#define RUN_SPLIT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/stage_clock.h"
#include "formats/format.h"
#include "input/fingerprint.h"
#include "input/reader.h"
#include "input/source.h"
#include "model/local_state.h"
#include "model/tally.h"
#include "run/scan_options.h"
#include "run/sink.h"

/* What all splits of a scan share. */
struct split_shared {
    const struct scan_options *options;
    const struct kernels *kernels;
    struct source_list *sources;
    const uint64_t *starts;                /* [n + 1] position of each source */
    const struct registry *caller_devices; /* of SOURCE_ROWS */
    struct fingerprint
        *fingerprints; /* [sources] to be hashed on the way, or NULL */
    const struct sink_ops *ops;
    void *sink;
    /* progress */
    _Atomic uint64_t *bytes_done;
    /* failures and splitting */
    pthread_mutex_t lock;
    _Atomic int status; /* of the first failure that ends the scan */
    struct wattle_error error;
};

/* A split's part of a source. */
struct split_source {
    size_t source;
    uint64_t n_lines;     /* data lines */
    uint64_t end_line;    /* LF bytes before where it stopped, as it counts */
    uint64_t end_bytes;   /* where that is in the text */
    bool is_end;          /* of the source */
    bool has_rest;        /* text behind it, which was left for later */
    bool is_open;         /* the last record had no end, and was rejected */
    bool has_local_times; /* some have no offset */
    struct local_states states; /* by the registry of the split */
    uint64_t by_reason[WATTLE_N_REASONS];
};

struct split {
    struct split *next;  /* in input order */
    uint64_t begin, end; /* `end` under the lock */
    uint64_t claimed;    /* positions before this are taken; same */
    bool is_running;     /* same */
    bool is_certain;     /* begin is known to be a record's start */
    /* results */
    bool lacks_context; /* see decoder.lacks_context */
    uint64_t true_begin, true_end;
    struct registry registry; /* devices, numbered as they were met */
    void *state;              /* of the sink */
    struct reject_log rejects;
    struct split_source *seen; /* what came of which source */
    size_t n_seen, seen_cap;
    struct tally tally;
    /* for line numbers */
    bool starts_inside;
    size_t first_source;
    bool ends_inside;
    size_t end_source;
    uint64_t end_line;  /* LF bytes before true_end, as the split counts */
    uint64_t line_base; /* to add in first_source when starts_inside */
};

/* A split on the heap; NULL = no memory. */
struct split *split_new(uint64_t begin, uint64_t end);
/* Discards the sink's state, too. */
void split_free(struct split *split, const struct sink_ops *ops);

/* Forgets all results, to run again from a known record start. */
void split_restart(struct split *split, const struct sink_ops *ops,
                   uint64_t begin);

/* Runs to the end. Failures go to shared->status. */
void split_run(struct split *split, struct split_shared *shared,
               struct stage_clock *clock);

/* Notes the first failure; the others see it and stop. */
void split_fail(struct split_shared *shared, int status,
                const struct wattle_error *error);

#endif
