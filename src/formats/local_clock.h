/*
 * local_clock.h - times that come without an offset, from a zone's clocks.
 *
 * On most days clocks are not changed, and one offset holds for all of a day.
 * On the others a time may occur twice, and which of the two is meant follows
 * from the rows of the same device before it, in the order of the file:
 *
 *   - When times ascend, the first time around is meant until they fall.
 *   - When they descend, the second time around is meant until they rise.
 *   - A row of the same time as the one before is of the other time around when
 *     rows are at least as far apart as clocks were put back; else it is a
 *     repetition.
 *
 * So the clock remembers the last row of each device, of those on days that are
 * changed. Belongs to one decoder.
 */
#ifndef FORMATS_LOCAL_CLOCK_H
#define FORMATS_LOCAL_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/zone.h"

/* The last row of a device on a day on which clocks are changed. */
struct local_state {
    int64_t local_ms;
    int64_t step_ms;  /* from the row before, >= 0; -1 = there was none */
    uint32_t source;  /* counted by the clock; 0 = no row */
    bool is_second;   /* it was of the second time around */
    bool is_backward; /* times were descending before it */
};

enum { LOCAL_CLOCK_DAYS = 64 };

/* A day: its midnight by the clock, and what to take off. */
struct local_day {
    int64_t day_ms, offset_ms;
    bool is_known, is_changed; /* changed: near it, offset_ms means nothing */
};

struct local_clock {
    const struct wattle_zone *zone;
    struct local_day days[LOCAL_CLOCK_DAYS];
    struct local_state *states; /* [devices], made when they are needed */
    size_t n_states;
    uint32_t source;
    bool is_from_start;
    bool lacks_context; /* a row before those of this source is needed */
};

/* The zone is borrowed, and not NULL: in UTC there is nothing to do. */
void local_clock_init(struct local_clock *clock,
                      const struct wattle_zone *zone);
void local_clock_release(struct local_clock *clock);

/*
 * Another source begins. Unless it is read from its start, a time that occurs
 * twice may lack its context, which is noted.
 */
void local_clock_begin(struct local_clock *clock, bool is_from_start);

/*
 * Whether one offset holds for all of a day, given by its midnight; then it is
 * in *offset_ms, which is to be subtracted.
 */
bool local_clock_is_even(struct local_clock *clock, int64_t day_ms,
                         int64_t *offset_ms);

/* Whether clocks show a time. */
bool local_clock_shows(const struct local_clock *clock, int64_t local_ms);

/*
 * The UTC time of a row, in the order of the file, on a day that is not even;
 * the clock shows it. 0 or WATTLE_ERR_MEMORY.
 */
int local_clock_resolve(struct local_clock *clock, uint32_t device,
                        int64_t local_ms, int64_t *time_ms);

#endif
