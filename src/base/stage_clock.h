/*
 * stage_clock.h - where a worker's time goes.
 *
 * Ground floor. A clock is always in one stage; entering another books the
 * time since. A NULL clock does nothing. A clock with a track also leaves
 * slices of time there for --trace:
 *
 *     stage_clock_enter(clock, STAGE_OTHER);
 *     stage_clock_begin_group(clock);
 *     while (more) {
 *         stage_clock_enter(clock, STAGE_READ);
 *         stage_clock_cut(clock, n_bytes, n_rows);
 *         ... other stages ...
 *     }
 *     stage_clock_enter(clock, STAGE_OTHER);
 *     stage_clock_cut(clock, n_bytes, n_rows);
 */
#ifndef BASE_STAGE_CLOCK_H
#define BASE_STAGE_CLOCK_H

#include <stdint.h>

#include "base/stage.h"
#include "base/trace.h"

struct stage_clock {
    enum stage stage;
    int64_t since_ns;
    int64_t spent_ns[N_STAGES];
    struct trace_track *track; /* NULL = leave no slices */
};

static inline void
stage_clock_enter(struct stage_clock *clock, enum stage stage)
{
    if (clock == NULL)
        return;
    int64_t now_ns = stage_now_ns();
    if (clock->since_ns != 0)
        clock->spent_ns[clock->stage] += now_ns - clock->since_ns;
    clock->stage = stage;
    clock->since_ns = now_ns;
}

/* A slice begins after a pause; counts of bytes and rows start at 0. */
static inline void
stage_clock_resume(const struct stage_clock *clock)
{
    if (clock != NULL && clock->track != NULL)
        trace_begin_slice(clock->track, clock->since_ns, clock->spent_ns);
}

/* The same, and it is never joined to the slices before. */
static inline void
stage_clock_begin_group(const struct stage_clock *clock)
{
    if (clock != NULL && clock->track != NULL)
        trace_begin_group(clock->track);
    stage_clock_resume(clock);
}

/* One slice ends and the next begins, where the present stage began. */
static inline void
stage_clock_cut(const struct stage_clock *clock, uint64_t n_bytes,
                uint64_t n_rows)
{
    if (clock != NULL && clock->track != NULL)
        trace_end_slice(clock->track, clock->since_ns, clock->spent_ns, n_bytes,
                        n_rows);
}

#endif
