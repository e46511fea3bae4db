/*
 * time_partition.c - the hours of UTC.
 */
#include "base/time_partition.h"

#include <stddef.h>

#include "base/civil_time.h"

static void
find_hour(const void *self, int64_t time_ms, struct time_cell *cell)
{
    (void)self;
    const int64_t beyond_ms =
        (int64_t)((uint64_t)time_ms - (uint64_t)cell->end_ms);
    if (time_ms >= cell->start_ms && time_ms < cell->end_ms)
        return;
    if (beyond_ms >= 0 && beyond_ms < CIVIL_MS_PER_HOUR &&
        cell->end_ms > cell->start_ms) {
        /* mostly the next one: no division */
        cell->start_ms += CIVIL_MS_PER_HOUR;
        cell->end_ms += CIVIL_MS_PER_HOUR;
        cell->key++;
        return;
    }
    int64_t hour = civil_floor_div(time_ms, CIVIL_MS_PER_HOUR);
    *cell = (struct time_cell){.start_ms = hour * CIVIL_MS_PER_HOUR,
                               .end_ms = (hour + 1) * CIVIL_MS_PER_HOUR,
                               .key = hour};
}

const struct time_partition time_partition_hours = {find_hour, NULL};
