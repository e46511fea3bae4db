/*
 * local_clock.h - times that come without an offset, from a zone's clocks.
 *
 * On most days clocks are not changed, nor on the day before or behind them,
 * and one offset holds for all of a day. On the others a time may occur twice,
 * and which of the two is meant follows from the rows of the same device before
 * it, in the order of the file:
 *
 *   - When times ascend, the first time around is meant until they fall.
 *   - When they descend, the second time around is meant until they rise.
 *   - A row of the same time as the one before is of the other time around when
 *     rows are at least as far apart as clocks were put back; else it is a
 *     repetition.
 *
 * So the clock remembers the last row of each device, of those on such days
 * whose times have no offset. Belongs to one decoder.
 */
#ifndef FORMATS_LOCAL_CLOCK_H
#define FORMATS_LOCAL_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/zone.h"
#include "model/local_state.h"
#include "model/registry.h"

/* What was known of a text that goes on: devices are those of `registry`. */
struct local_history {
    const struct registry *registry;
    const struct local_states *states; /* sorted */
};

/* The last row of a device. */
struct local_last {
    struct local_state state;
    uint32_t text; /* counted by the clock; 0 = no row */
};

enum { LOCAL_CLOCK_DAYS = 64 };

/* A day: its midnight by the clock, and what to take off. */
struct local_day {
    int64_t day_ms, offset_ms;
    bool is_known, is_changed; /* changed: near it, offset_ms means nothing */
};

struct local_clock {
    const struct registry *devices; /* borrowed */
    const struct wattle_zone *zone; /* the rest is of this text */
    struct local_day days[LOCAL_CLOCK_DAYS];
    struct local_last *lasts; /* [devices], made when they are needed */
    size_t n_lasts;
    uint32_t text;
    const struct local_history *history; /* NULL = none */
    bool is_from_start;
    bool has_rows;      /* of days on which clocks are changed */
    bool lacks_context; /* a row before those of this text is needed */
};

/* Rows have numbers of `devices`. */
void local_clock_init(struct local_clock *clock,
                      const struct registry *devices);
void local_clock_release(struct local_clock *clock);

/*
 * Another text begins, of a zone; both are borrowed. Unless it is read from its
 * start, or from where its history ends, a time that occurs twice may lack its
 * context, which is noted. The zone may be NULL when there are no such rows.
 */
void local_clock_begin(struct local_clock *clock,
                       const struct wattle_zone *zone, bool is_from_start,
                       const struct local_history *history);

/* Adds where the devices of this text have come to. 0 or WATTLE_ERR_MEMORY. */
int local_clock_save(const struct local_clock *clock,
                     struct local_states *states);

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
