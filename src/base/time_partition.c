/*
 * time_partition.c - the hours and days of UTC, spans of equal length.
 *
 * A cell is mostly the one before or the next one, so both are found without a
 * division.
 */
#include "base/time_partition.h"

#include <stddef.h>

#include "base/civil_time.h"

static inline void
set_cell(struct time_cell *cell, int64_t key, int64_t length_ms)
{
    *cell = (struct time_cell){.start_ms = key * length_ms,
                               .end_ms = (key + 1) * length_ms,
                               .key = key};
}

static inline void
find_span(int64_t time_ms, struct time_cell *cell, int64_t length_ms)
{
    const int64_t beyond_ms =
        (int64_t)((uint64_t)time_ms - (uint64_t)cell->end_ms);
    if (time_ms >= cell->start_ms && time_ms < cell->end_ms)
        return;
    if (beyond_ms >= 0 && beyond_ms < length_ms &&
        cell->end_ms > cell->start_ms) {
        cell->start_ms += length_ms;
        cell->end_ms += length_ms;
        cell->key++;
        return;
    }
    set_cell(cell, civil_floor_div(time_ms, length_ms), length_ms);
}

static void
find_hour(const void *self, int64_t time_ms, struct time_cell *cell)
{
    (void)self;
    find_span(time_ms, cell, CIVIL_MS_PER_HOUR);
}

static void
hour_of_key(const void *self, int64_t key, struct time_cell *cell)
{
    (void)self;
    set_cell(cell, key, CIVIL_MS_PER_HOUR);
}

static void
find_day(const void *self, int64_t time_ms, struct time_cell *cell)
{
    (void)self;
    find_span(time_ms, cell, CIVIL_MS_PER_DAY);
}

static void
day_of_key(const void *self, int64_t key, struct time_cell *cell)
{
    (void)self;
    set_cell(cell, key, CIVIL_MS_PER_DAY);
}

const struct time_partition time_partition_hours = {find_hour, hour_of_key,
                                                    NULL};
const struct time_partition time_partition_days = {find_day, day_of_key, NULL};
