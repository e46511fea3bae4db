/*
 * time_partition.h - time cut into cells, without a hole: hours, days, buckets,
 * or spans of one price.
 *
 * Code that adds up by time asks for the cell of an instant and stays in it
 * until its end. So only the partition knows how long a cell is.
 */
#ifndef BASE_TIME_PARTITION_H
#define BASE_TIME_PARTITION_H

#include <stdint.h>

#include "wattle/zone.h"

/* A part of time, half-open. */
struct time_cell {
    int64_t start_ms, end_ms;
    int64_t key; /* what the cell is summed up under; cells may share it */
    /* Cells behind it are as long, with ascending keys, up to here. */
    int64_t even_until_ms;
    int64_t even_from_ms; /* the same of cells before it, from here on */
};

struct time_partition {
    /*
     * Finds the cell that a time lies in. *cell may hold the cell before it, or
     * any other; that one is found sooner then.
     */
    void (*find)(const void *self, int64_t time_ms, struct time_cell *cell);
    /* The cell of a key; NULL where cells share keys. */
    void (*find_key)(const void *self, int64_t key, struct time_cell *cell);
    const void *self;
};

/* Holds no time: the cell of nothing. */
#define TIME_CELL_NONE                                                         \
    ((struct time_cell){INT64_MAX, INT64_MIN, 0, INT64_MIN, 0})

static inline void
time_partition_find(const struct time_partition *partition, int64_t time_ms,
                    struct time_cell *cell)
{
    partition->find(partition->self, time_ms, cell);
}

static inline int64_t
time_partition_key(const struct time_partition *partition, int64_t time_ms)
{
    struct time_cell cell = TIME_CELL_NONE;
    partition->find(partition->self, time_ms, &cell);
    return cell.key;
}

static inline struct time_cell
time_partition_cell(const struct time_partition *partition, int64_t key)
{
    struct time_cell cell;
    partition->find_key(partition->self, key, &cell);
    return cell;
}

/*
 * The hours and the days of a zone, which is borrowed; NULL = UTC.
 *
 * An hour is one that a clock shows. Its key is the day since 1970-01-01, times
 * 24, plus the hour of the day: both hours of a night in which clocks are put
 * back have one key. A day, and the key of a day, begins when clocks show its
 * midnight for the first time, or would have; so days are in one piece, and
 * their keys ascend. Only days can be found by their key.
 */
struct time_partition time_partition_hours(const struct wattle_zone *zone);
struct time_partition time_partition_days(const struct wattle_zone *zone);

#endif
