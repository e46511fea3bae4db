/*
 * trace.h - the memory of a trace: one track for each thread.
 *
 * Ground floor. A track has spans, which are begun and ended by name, and
 * slices. A slice is a part of a thread's time within one group (a split) with
 * the time of each stage in it, at first that of one block of input. At most
 * `max` slices are kept: then neighbours of one group are joined two by two,
 * and twice as many blocks go into each slice from then on. So a trace covers
 * the whole run in bounded memory, and its sums by stage are exact.
 *
 * A track belongs to one thread at a time. A stage clock (stage_clock.h) cuts
 * its slices.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stage.h"
#include "wattle/experimental/trace.h"

enum { TRACE_MAX_DEPTH = 16, TRACE_MAX_SAMPLES = 2048 };

struct trace_slice {
    int64_t begin_ns, end_ns;
    int64_t spent_ns[N_STAGES];
    uint64_t n_bytes, n_rows;
    uint32_t n_blocks;
    uint32_t group; /* only slices of one group may be joined */
};

struct trace_span {
    const char *name;
    uint64_t number;          /* shown behind the name unless 0 */
    int64_t begin_ns, end_ns; /* end 0 = still open */
};

struct trace_track {
    struct trace_track *next; /* by number, ascending */
    struct wattle_trace *trace;
    unsigned number;          /* 0 = the thread that runs the report */
    struct trace_span *spans; /* in order of begin */
    size_t n_spans, span_cap;
    size_t open[TRACE_MAX_DEPTH]; /* indices of spans */
    size_t depth;
    struct trace_slice *slices; /* in order of time */
    size_t n_slices, slice_cap;
    uint64_t blocks_per_slice;
    uint64_t n_joined, n_dropped;
    /* the slice that is running */
    struct trace_slice base; /* clock and counts at its begin */
    uint32_t group;
};

struct trace_sample {
    int64_t time_ns;
    uint64_t bytes;
};

struct wattle_trace {
    pthread_mutex_t lock; /* guards the list of tracks */
    struct trace_track *tracks;
    size_t max;
    int64_t began_ns;
    /* resident memory, looked at by track 0 now and then */
    int statm_fd; /* -1 = not to be had */
    struct trace_sample *samples;
    size_t n_samples;
    int64_t sample_step_ns;
};

/* The track of a thread, made when new; NULL without a trace or memory. */
struct trace_track *trace_track(struct wattle_trace *trace, unsigned number);

/* A NULL track is harmless in all that follows. */
void trace_begin(struct trace_track *track, const char *name, uint64_t number);
void trace_end(struct trace_track *track);

/*
 * Slices end and begin at now_ns, with the time that each stage has taken so
 * far and what the group has read and decoded; the next one begins at once.
 */
void trace_begin_group(struct trace_track *track);
void trace_begin_slice(struct trace_track *track, int64_t now_ns,
                       const int64_t spent_ns[N_STAGES]);
void trace_end_slice(struct trace_track *track, int64_t now_ns,
                     const int64_t spent_ns[N_STAGES], uint64_t n_bytes,
                     uint64_t n_rows);

#endif
