/*
 * trace.c - spans and slices of each thread, in bounded memory.
 *
 * When the slices of a track are full, neighbours of one group are joined, and
 * from then on twice as many blocks go into a slice. Joining keeps the sums by
 * stage exact; what still does not fit is dropped and counted. A track is used
 * by one thread at a time without a lock; only the list of tracks has one.
 */
#include "base/trace.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"

#define DEFAULT_MAX    4096
#define SAMPLE_STEP_NS 2000000

struct wattle_trace *
wattle_trace_new(size_t max_blocks)
{
    struct wattle_trace *trace = calloc(1, sizeof(*trace));
    if (trace == NULL)
        return NULL;
    trace->samples = calloc(TRACE_MAX_SAMPLES, sizeof(*trace->samples));
    if (trace->samples == NULL) {
        free(trace);
        return NULL;
    }
    pthread_mutex_init(&trace->lock, NULL);
    trace->max = max_blocks == 0 ? DEFAULT_MAX : max_blocks;
    if (trace->max < 4)
        trace->max = 4;
    trace->sample_step_ns = SAMPLE_STEP_NS;
    trace->statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    trace->began_ns = stage_now_ns();
    return trace;
}

void
wattle_trace_free(struct wattle_trace *trace)
{
    if (trace == NULL)
        return;
    while (trace->tracks != NULL) {
        struct trace_track *next = trace->tracks->next;
        free(trace->tracks->spans);
        free(trace->tracks->slices);
        free(trace->tracks);
        trace->tracks = next;
    }
    if (trace->statm_fd >= 0)
        close(trace->statm_fd);
    pthread_mutex_destroy(&trace->lock);
    free(trace->samples);
    free(trace);
}

struct trace_track *
trace_track(struct wattle_trace *trace, unsigned number)
{
    if (trace == NULL)
        return NULL;
    pthread_mutex_lock(&trace->lock);
    struct trace_track **place = &trace->tracks;
    while (*place != NULL && (*place)->number < number)
        place = &(*place)->next;
    struct trace_track *track = *place;
    if (track == NULL || track->number != number) {
        track = calloc(1, sizeof(*track));
        if (track != NULL) {
            track->next = *place;
            track->trace = trace;
            track->number = number;
            track->blocks_per_slice = 1;
            *place = track;
        }
    }
    pthread_mutex_unlock(&trace->lock);
    return track;
}

/* Resident bytes; 0 = not known. */
static uint64_t
resident_bytes(int statm_fd)
{
    char text[128];
    ssize_t n = statm_fd < 0 ? 0 : pread(statm_fd, text, sizeof(text) - 1, 0);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    const char *second = strchr(text, ' ');
    if (second == NULL)
        return 0;
    return strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Looks at the memory when it is time to; full: keep every other sample. */
static void
sample_memory(struct wattle_trace *trace, int64_t now_ns)
{
    size_t n = trace->n_samples;
    if (n > 0 && now_ns - trace->samples[n - 1].time_ns < trace->sample_step_ns)
        return;
    uint64_t bytes = resident_bytes(trace->statm_fd);
    if (bytes == 0)
        return;
    if (n == TRACE_MAX_SAMPLES) {
        n /= 2;
        for (size_t i = 0; i < n; i++)
            trace->samples[i] = trace->samples[2 * i];
        trace->sample_step_ns *= 2;
    }
    trace->samples[n] = (struct trace_sample){now_ns, bytes};
    trace->n_samples = n + 1;
}

void
trace_begin(struct trace_track *track, const char *name, uint64_t number)
{
    if (track == NULL)
        return;
    size_t depth = track->depth++;
    if (depth >= TRACE_MAX_DEPTH) {
        track->n_dropped++;
        return;
    }
    track->open[depth] = SIZE_MAX;
    size_t n = track->n_spans;
    struct trace_span *grown =
        n < track->trace->max
            ? buffer_grow_array(track->spans, &track->span_cap, n + 1,
                                sizeof(*grown))
            : NULL;
    if (grown == NULL) {
        track->n_dropped++;
        return;
    }
    int64_t now_ns = stage_now_ns();
    track->spans = grown;
    track->spans[n] = (struct trace_span){name, number, now_ns, 0};
    track->open[depth] = n;
    track->n_spans = n + 1;
    if (track->number == 0)
        sample_memory(track->trace, now_ns);
}

void
trace_end(struct trace_track *track)
{
    if (track == NULL || track->depth == 0)
        return;
    size_t depth = --track->depth;
    if (depth >= TRACE_MAX_DEPTH || track->open[depth] == SIZE_MAX)
        return;
    int64_t now_ns = stage_now_ns();
    track->spans[track->open[depth]].end_ns = now_ns;
    if (track->number == 0)
        sample_memory(track->trace, now_ns);
}

void
wattle_trace_begin(struct wattle_trace *trace, const char *name)
{
    trace_begin(trace_track(trace, 0), name, 0);
}

void
wattle_trace_end(struct wattle_trace *trace)
{
    trace_end(trace_track(trace, 0));
}

/* Puts `more` behind `slice` when it fits; both are of one track. */
static bool
join(struct trace_track *track, struct trace_slice *slice,
     const struct trace_slice *more)
{
    if (slice->group != more->group ||
        (uint64_t)slice->n_blocks + more->n_blocks > track->blocks_per_slice)
        return false;
    slice->end_ns = more->end_ns;
    for (int i = 0; i < N_STAGES; i++)
        slice->spent_ns[i] += more->spent_ns[i];
    slice->n_bytes += more->n_bytes;
    slice->n_rows += more->n_rows;
    slice->n_blocks += more->n_blocks;
    track->n_joined++;
    return true;
}

/* Joins neighbours; from now on twice as many blocks go into a slice. */
static void
coarsen(struct trace_track *track)
{
    size_t kept = 0;
    track->blocks_per_slice *= 2;
    for (size_t i = 1; i < track->n_slices; i++) {
        if (!join(track, &track->slices[kept], &track->slices[i]))
            track->slices[++kept] = track->slices[i];
    }
    track->n_slices = kept + 1;
}

static void
add_slice(struct trace_track *track, const struct trace_slice *slice)
{
    size_t n = track->n_slices, max = track->trace->max;
    if (n > 0 && join(track, &track->slices[n - 1], slice))
        return;
    if (n == max && track->blocks_per_slice <= UINT32_MAX / 2)
        coarsen(track);
    n = track->n_slices;
    struct trace_slice *grown =
        n < max ? buffer_grow_array(track->slices, &track->slice_cap, n + 1,
                                    sizeof(*grown))
                : NULL;
    if (grown == NULL) {
        track->n_dropped++;
        return;
    }
    track->slices = grown;
    track->slices[n] = *slice;
    track->n_slices = n + 1;
}

static void
start_slice(struct trace_track *track, int64_t now_ns,
            const int64_t spent_ns[N_STAGES], uint64_t n_bytes, uint64_t n_rows)
{
    struct trace_slice *base = &track->base;
    base->begin_ns = now_ns;
    memcpy(base->spent_ns, spent_ns, sizeof(base->spent_ns));
    base->n_bytes = n_bytes;
    base->n_rows = n_rows;
}

void
trace_begin_group(struct trace_track *track)
{
    track->group++;
}

void
trace_begin_slice(struct trace_track *track, int64_t now_ns,
                  const int64_t spent_ns[N_STAGES])
{
    start_slice(track, now_ns, spent_ns, 0, 0);
}

void
trace_end_slice(struct trace_track *track, int64_t now_ns,
                const int64_t spent_ns[N_STAGES], uint64_t n_bytes,
                uint64_t n_rows)
{
    const struct trace_slice *base = &track->base;
    struct trace_slice slice = {
        .begin_ns = base->begin_ns,
        .end_ns = now_ns,
        .n_bytes = n_bytes - base->n_bytes,
        .n_rows = n_rows - base->n_rows,
        .n_blocks = 1,
        .group = track->group,
    };
    int64_t known_ns = 0;
    for (int i = 0; i < N_STAGES; i++) {
        slice.spent_ns[i] = spent_ns[i] - base->spent_ns[i];
        known_ns += i != STAGE_OTHER ? slice.spent_ns[i] : 0;
    }
    if (known_ns > 0)
        add_slice(track, &slice);
    start_slice(track, now_ns, spent_ns, n_bytes, n_rows);
    if (track->number == 0)
        sample_memory(track->trace, now_ns);
}
