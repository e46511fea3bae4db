/*
 * stage_clock.h - where a worker's time goes.
 *
 * Ground floor. A clock is always in one stage; entering another books the
 * time since. A NULL clock does nothing.
 */
#ifndef BASE_STAGE_CLOCK_H
#define BASE_STAGE_CLOCK_H

#include <stdint.h>
#include <time.h>

enum stage {
    STAGE_OTHER,
    STAGE_OPEN,
    STAGE_READ,
    STAGE_SPLIT,
    STAGE_DECODE,
    STAGE_LOOKUP,
    STAGE_ACCOUNT,
    STAGE_MERGE,
    N_STAGES
};

struct stage_clock {
    enum stage stage;
    int64_t since_ns;
    int64_t spent_ns[N_STAGES];
};

static inline int64_t
stage_clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void
stage_clock_enter(struct stage_clock *clock, enum stage stage)
{
    if (clock == NULL)
        return;
    int64_t now_ns = stage_clock_now_ns();
    if (clock->since_ns != 0)
        clock->spent_ns[clock->stage] += now_ns - clock->since_ns;
    clock->stage = stage;
    clock->since_ns = now_ns;
}

#endif
