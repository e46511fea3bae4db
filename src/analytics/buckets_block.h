/*
 * buckets_block.h - what the buckets*.c files share.
 */
#ifndef ANALYTICS_BUCKETS_BLOCK_H
#define ANALYTICS_BUCKETS_BLOCK_H

#include "analytics/buckets.h"

/*
 * The quick way: as buckets_add, for a batch of ordinary readings. False when
 * it is not of that kind; nothing has been added then. *status is 0 or
 * WATTLE_ERR_MEMORY otherwise.
 */
bool buckets_add_block(struct buckets *buckets, const struct batch_view *batch,
                       size_t *row, int *status);

/*
 * The energy of the step from the latest reading to a later point. 0 or
 * WATTLE_ERR_MEMORY.
 */
int buckets_add_step(struct buckets *buckets, const struct power_point *to);

/* Appends the bucket of a time behind the last bucket; NULL = no memory. */
struct bucket *buckets_append(struct buckets *buckets, int64_t time_ms);

/* The bucket of a time not before the last bucket; NULL = no memory. */
static inline struct bucket *
buckets_at(struct buckets *buckets, int64_t time_ms)
{
    const struct bucket_list *list = &buckets->list;
    if (list->n > 0 && time_ms < list->items[list->n - 1].range.end_ms)
        return &list->items[list->n - 1];
    return buckets_append(buckets, time_ms);
}

static inline bool
buckets_covers(const struct buckets *buckets, int64_t time_ms)
{
    return time_ms >= buckets->options.since_ms &&
           time_ms < buckets->options.until_ms;
}

#endif
