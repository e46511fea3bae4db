/*
 * made_rows.h - batches that a test fills, with their own storage.
 */
#ifndef TESTS_MADE_ROWS_H
#define TESTS_MADE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generate/counter_hash.h"
#include "model/batch_view.h"

enum { MAX_ROWS = 3000 };

#define START_MS INT64_C(1696118400000) /* 2023-10-01 00:00 */

struct rows {
    size_t n;
    uint32_t device[MAX_ROWS];
    int64_t time_ms[MAX_ROWS];
    int64_t value[MEASURE_N][MAX_ROWS];
    uint32_t presence[MAX_ROWS];
    uint32_t columns; /* bits of those given */
    uint8_t decimals[MEASURE_N];
    bool has_presence;
};

/* n of the rows, from `first` on. */
static struct batch_view
view(const struct rows *rows, size_t first, size_t n)
{
    struct batch_view batch = {.n_rows = n,
                               .device = rows->device + first,
                               .time_ms = rows->time_ms + first};
    if (rows->has_presence)
        batch.presence = rows->presence + first;
    for (int c = 0; c < MEASURE_N; c++) {
        if ((rows->columns >> c & 1) != 0)
            batch.columns[c] = rows->value[c] + first;
        batch.decimals[c] = rows->decimals[c];
    }
    return batch;
}

static uint64_t seed_counter;

/* Below the limit; the same in every run. */
static unsigned
pick(unsigned limit)
{
    return (unsigned)(counter_hash(31, seed_counter++) % limit);
}

/* Presence that leaves every row a power or an energy. */
static inline uint32_t
random_presence(void)
{
    static const uint8_t sets[] = {0x07, 0x08, 0x0f, 0x0a, 0x0e, 0x1f, 0x10};
    return sets[pick(7)];
}

/* Below max, often just below; negative where a column may be. */
static inline int64_t
random_value(int64_t max, int column)
{
    uint64_t bits = counter_hash(32, seed_counter++);
    int64_t value = (int64_t)(bits % (uint64_t)max);
    if (pick(16) == 0)
        value = max - 1;
    bool may_fall = column >= WATTLE_POWER_FACTOR;
    return may_fall && pick(5) == 0 ? -value : value;
}

#endif
