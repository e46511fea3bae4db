/*
 * bucket_list.c - an array that grows at its end and shrinks at its front.
 *
 * Buckets of a device are contiguous in time: what is final is taken from the
 * front, while readings add to the end.
 */
#include "analytics/bucket_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "wattle/error.h"

void
bucket_list_init(struct bucket_list *list)
{
    *list = (struct bucket_list){0};
}

void
bucket_list_release(struct bucket_list *list)
{
    bucket_list_drop(list, list->n);
    free(list->items);
    bucket_list_init(list);
}

struct bucket *
bucket_list_append(struct bucket_list *list, struct bucket_range range)
{
    if (list->n == list->cap) {
        struct bucket *grown = buffer_grow_array(list->items, &list->cap,
                                                 list->n + 1, sizeof(*grown));
        if (grown == NULL)
            return NULL;
        list->items = grown;
    }
    bucket_init(&list->items[list->n], range);
    return &list->items[list->n++];
}

struct bucket *
bucket_list_insert(struct bucket_list *list, size_t at,
                   struct bucket_range range)
{
    if (bucket_list_append(list, range) == NULL)
        return NULL;
    struct bucket *items = list->items;
    if (at + 1 < list->n) {
        const struct bucket last = items[list->n - 1];
        memmove(items + at + 1, items + at,
                (list->n - 1 - at) * sizeof(*items));
        items[at] = last;
    }
    return &items[at];
}

void
bucket_list_drop(struct bucket_list *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (list->items[i].wide != NULL)
            bucket_release(&list->items[i]);
    }
    list->n -= n;
    if (n > 0 && list->n > 0)
        memmove(list->items, list->items + n, list->n * sizeof(struct bucket));
}

/* How many of n buckets have no like in the list. */
static size_t
count_new(const struct bucket_list *list, const struct bucket_list *other,
          size_t n)
{
    size_t n_new = 0;
    for (size_t i = 0, k = 0; k < n; k++) {
        int64_t start_ms = other->items[k].range.start_ms;
        while (i < list->n && list->items[i].range.start_ms < start_ms)
            i++;
        n_new += i == list->n || list->items[i].range.start_ms != start_ms;
    }
    return n_new;
}

/* Adds n buckets, each of which has its like in the list. */
static int
add_all(struct bucket_list *list, const struct bucket_list *other, size_t n)
{
    int status = WATTLE_OK;
    for (size_t i = 0, k = 0; k < n && status == WATTLE_OK; k++) {
        const struct bucket *theirs = &other->items[k];
        while (list->items[i].range.start_ms < theirs->range.start_ms)
            i++;
        status = bucket_add(&list->items[i], theirs);
    }
    return status;
}

/* Makes one list of both by moving the buckets; likes are added up. */
static int
weave(struct bucket_list *list, struct bucket_list *other, size_t n,
      size_t n_new)
{
    struct bucket_list both = {0};
    int status = WATTLE_OK;
    both.items = buffer_grow_array(NULL, &both.cap, list->n + n_new,
                                   sizeof(*both.items));
    if (both.items == NULL)
        return WATTLE_ERR_MEMORY;
    size_t i = 0;
    for (size_t k = 0; k < n; k++) {
        struct bucket *theirs = &other->items[k];
        int64_t start_ms = theirs->range.start_ms;
        while (i < list->n && list->items[i].range.start_ms < start_ms)
            both.items[both.n++] = list->items[i++];
        if (i < list->n && list->items[i].range.start_ms == start_ms) {
            int added = bucket_add(&list->items[i], theirs);
            status = added != WATTLE_OK ? added : status;
        } else {
            both.items[both.n++] = *theirs;
            theirs->wide = NULL;
        }
    }
    while (i < list->n)
        both.items[both.n++] = list->items[i++];
    free(list->items);
    *list = both;
    return status;
}

int
bucket_list_merge(struct bucket_list *list, struct bucket_list *other, size_t n)
{
    size_t n_new = count_new(list, other, n);
    for (size_t k = 0; k < n; k++)
        bucket_finish(&other->items[k]);
    int status =
        n_new > 0 ? weave(list, other, n, n_new) : add_all(list, other, n);
    bucket_list_drop(other, n);
    return status;
}
