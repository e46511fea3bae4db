/*
 * time_partition.c - the hours and days of UTC, spans of equal length, and
 * those of other zones.
 *
 * A cell is mostly the one before or the next one, so both are found without a
 * division, and without a search for the offset.
 */
#include "base/time_partition.h"

#include <stddef.h>

#include "base/civil_time.h"
#include "base/zone.h"

/* Whether the time is in the cell, or in the next one, which it becomes. */
static inline bool
is_near(int64_t time_ms, struct time_cell *cell, int64_t length_ms)
{
    const int64_t beyond_ms =
        (int64_t)((uint64_t)time_ms - (uint64_t)cell->end_ms);
    if (time_ms >= cell->start_ms && time_ms < cell->end_ms)
        return true;
    if (beyond_ms < 0 || beyond_ms >= length_ms ||
        cell->even_until_ms < cell->end_ms ||
        cell->even_until_ms - cell->end_ms < length_ms)
        return false;
    cell->start_ms = cell->end_ms;
    cell->end_ms += length_ms;
    cell->key++;
    return true;
}

/* Whether an even cell can be moved to the time; it has been, then. */
static bool
is_even(int64_t time_ms, struct time_cell *cell, int64_t length_ms)
{
    if (cell->even_until_ms <= cell->end_ms || time_ms < cell->even_from_ms ||
        time_ms >= cell->even_until_ms - length_ms)
        return false;
    const int64_t n = civil_floor_div(time_ms - cell->end_ms, length_ms) + 1;
    cell->end_ms += n * length_ms;
    cell->start_ms = cell->end_ms - length_ms;
    cell->key += n;
    return true;
}

/* Later than any time that clocks could show twice after a change, by days. */
#define LONG_AFTER_MS (7 * CIVIL_MS_PER_DAY)

static int64_t
even_from(const struct zone_span *span)
{
    return span->from_ms > CIVIL_MIN_MS ? span->from_ms + LONG_AFTER_MS
                                        : CIVIL_MIN_MS;
}

/* ---- UTC ----------------------------------------------------------------- */

static inline void
set_cell(struct time_cell *cell, int64_t key, int64_t length_ms)
{
    *cell = (struct time_cell){.start_ms = key * length_ms,
                               .end_ms = (key + 1) * length_ms,
                               .key = key,
                               .even_until_ms = CIVIL_MAX_MS};
}

static void
find_utc_hour(const void *self, int64_t time_ms, struct time_cell *cell)
{
    (void)self;
    if (!is_near(time_ms, cell, CIVIL_MS_PER_HOUR))
        set_cell(cell, civil_floor_div(time_ms, CIVIL_MS_PER_HOUR),
                 CIVIL_MS_PER_HOUR);
}

static void
find_utc_day(const void *self, int64_t time_ms, struct time_cell *cell)
{
    (void)self;
    if (!is_near(time_ms, cell, CIVIL_MS_PER_DAY))
        set_cell(cell, civil_floor_div(time_ms, CIVIL_MS_PER_DAY),
                 CIVIL_MS_PER_DAY);
}

static void
utc_day_of_key(const void *self, int64_t key, struct time_cell *cell)
{
    (void)self;
    set_cell(cell, key, CIVIL_MS_PER_DAY);
}

/* ---- other zones --------------------------------------------------------- */

static int64_t
later(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

/* Apart, so that what is called for every reading stays small. */
__attribute__((noinline)) static void
look_up_hour(const struct wattle_zone *zone, int64_t time_ms,
             struct time_cell *cell)
{
    if (is_even(time_ms, cell, CIVIL_MS_PER_HOUR))
        return;
    const struct zone_span span = zone_at(zone, time_ms);
    const int64_t local_ms = time_ms + span.offset_ms;
    const int64_t hour = civil_floor_div(local_ms, CIVIL_MS_PER_HOUR);
    const int64_t day = civil_floor_div(hour, 24);
    const int64_t reached =
        civil_floor_div(zone_reached(zone, time_ms), CIVIL_MS_PER_DAY);
    const int64_t start_ms = hour * CIVIL_MS_PER_HOUR - span.offset_ms;
    const int64_t end_ms = start_ms + CIVIL_MS_PER_HOUR;
    *cell = (struct time_cell){
        .start_ms = later(start_ms, span.from_ms),
        .end_ms = end_ms < span.until_ms ? end_ms : span.until_ms,
        .key = hour + 24 * (reached - day),
        .even_until_ms = reached == day ? span.until_ms : INT64_MIN,
        .even_from_ms = even_from(&span),
    };
}

static void
find_hour(const void *self, int64_t time_ms, struct time_cell *cell)
{
    if (!is_near(time_ms, cell, CIVIL_MS_PER_HOUR))
        look_up_hour(self, time_ms, cell);
}

static void
day_of_key(const void *self, int64_t key, struct time_cell *cell)
{
    const struct wattle_zone *zone = self;
    *cell = (struct time_cell){
        .start_ms = zone_first_utc(zone, key * CIVIL_MS_PER_DAY),
        .end_ms = zone_first_utc(zone, (key + 1) * CIVIL_MS_PER_DAY),
        .key = key,
    };
    const struct zone_span span = zone_at(zone, cell->end_ms);
    const bool is_midnight =
        cell->end_ms + span.offset_ms == (key + 1) * CIVIL_MS_PER_DAY;
    /* a midnight at which clocks are put back is not shown yet */
    cell->even_until_ms = is_midnight ? span.until_ms - 1 : INT64_MIN;
    cell->even_from_ms = even_from(&span);
}

static void
find_day(const void *self, int64_t time_ms, struct time_cell *cell)
{
    if (!is_near(time_ms, cell, CIVIL_MS_PER_DAY) &&
        !is_even(time_ms, cell, CIVIL_MS_PER_DAY))
        day_of_key(
            self,
            civil_floor_div(zone_reached(self, time_ms), CIVIL_MS_PER_DAY),
            cell);
}

struct time_partition
time_partition_hours(const struct wattle_zone *zone)
{
    return zone == NULL ? (struct time_partition){find_utc_hour, NULL, NULL}
                        : (struct time_partition){find_hour, NULL, zone};
}

struct time_partition
time_partition_days(const struct wattle_zone *zone)
{
    return zone == NULL
               ? (struct time_partition){find_utc_day, utc_day_of_key, NULL}
               : (struct time_partition){find_day, day_of_key, zone};
}
