/*
 * stretches.h - a set of instants as stretches of time that do not touch.
 *
 * It holds the time over which a kind of measure knows the energy.
 */
#ifndef ANALYTICS_STRETCHES_H
#define ANALYTICS_STRETCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stretch {
    int64_t begin_ms, end_ms; /* half-open; equal: an instant */
};

/* Zero-initialised is empty. */
struct stretches {
    struct stretch *items; /* ascending */
    size_t n, cap;
};

void stretches_release(struct stretches *list);

/* Forgets all, and keeps the memory. */
static inline void
stretches_clear(struct stretches *list)
{
    list->n = 0;
}

/*
 * Adds a stretch, which begins no earlier than any added before. 0 or
 * WATTLE_ERR_MEMORY.
 */
int stretches_add(struct stretches *list, int64_t begin_ms, int64_t end_ms);

/*
 * Whether an instant lies in the set; *until_ms becomes the end of its stretch,
 * else the begin of the next one (INT64_MAX = none). Instants that were added
 * hold nothing.
 */
bool stretches_find(const struct stretches *list, int64_t time_ms,
                    int64_t *until_ms);

/* How much of the set is in [begin_ms, end_ms). */
int64_t stretches_within(const struct stretches *list, int64_t begin_ms,
                         int64_t end_ms);

#endif
