/*
 * stage.h - what a thread does at a time, for clocks (stage_clock.h) and traces
 * (trace.h), and the time they use.
 */
#ifndef BASE_STAGE_H
#define BASE_STAGE_H

#include <stdint.h>
#include <time.h>

enum stage {
    STAGE_OTHER,
    STAGE_OPEN,
    STAGE_READ,
    STAGE_SPLIT,
    STAGE_DECODE,
    STAGE_LOOKUP,
    STAGE_TOTALS,
    STAGE_MERGE,
    /* of wattle generate */
    STAGE_MAKE,
    STAGE_PACK,
    STAGE_WRITE,
    N_STAGES
};

/* Nanoseconds since some moment; never set back. */
static inline int64_t
stage_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#endif
