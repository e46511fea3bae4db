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

/* A part of time, half-open. */
struct time_cell {
    int64_t start_ms, end_ms;
    int64_t key; /* what the cell is summed up under; cells may share it */
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
#define TIME_CELL_NONE ((struct time_cell){INT64_MAX, INT64_MIN, 0})

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
 * The hours and the days that stored sums are of: those of UTC. Keys count from
 * 1970; the key of a day times 24 is that of its first hour.
 */
extern const struct time_partition time_partition_hours;
extern const struct time_partition time_partition_days;

#endif
