/*
 * bucket_list.h - buckets in ascending order of time, without overlaps. Only
 * those that something was added to are there.
 */
#ifndef ANALYTICS_BUCKET_LIST_H
#define ANALYTICS_BUCKET_LIST_H

#include <stddef.h>

#include "analytics/bucket.h"

struct bucket_list {
    struct bucket *items;
    size_t n, cap;
};

/* Zeros are an empty list, too. */
void bucket_list_init(struct bucket_list *list);
void bucket_list_release(struct bucket_list *list);

/* Appends an empty bucket, later than all others; NULL = no memory. */
struct bucket *bucket_list_append(struct bucket_list *list,
                                  struct bucket_range range);

/* Inserts one before the bucket of a number, where it belongs; the same. */
struct bucket *bucket_list_insert(struct bucket_list *list, size_t at,
                                  struct bucket_range range);

/* Drops the first n buckets. */
void bucket_list_drop(struct bucket_list *list, size_t n);

/*
 * Adds the first n buckets of `other`, a device, to those of the same range,
 * and takes those over that have no like; they are finished, and gone from
 * `other` then. Both are of one rule. 0 or WATTLE_ERR_MEMORY.
 */
int bucket_list_merge(struct bucket_list *list, struct bucket_list *other,
                      size_t n);

#endif
