/*
 * stretches.c - a sorted array. Stretches that follow each other become one, so
 * the array is as long as the time has holes.
 */
#include "analytics/stretches.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "wattle/error.h"

void
stretches_release(struct stretches *list)
{
    free(list->items);
    *list = (struct stretches){0};
}

int
stretches_add(struct stretches *list, int64_t begin_ms, int64_t end_ms)
{
    struct stretch *last = list->n > 0 ? &list->items[list->n - 1] : NULL;
    assert(begin_ms <= end_ms);
    assert(last == NULL || begin_ms >= last->begin_ms);
    if (last != NULL && begin_ms <= last->end_ms) {
        last->end_ms = end_ms > last->end_ms ? end_ms : last->end_ms;
        return WATTLE_OK;
    }
    struct stretch *grown =
        buffer_grow_array(list->items, &list->cap, list->n + 1, sizeof(*grown));
    if (grown == NULL)
        return WATTLE_ERR_MEMORY;
    list->items = grown;
    list->items[list->n++] = (struct stretch){begin_ms, end_ms};
    return WATTLE_OK;
}

/* The first that ends later than a time. */
static size_t
find_later(const struct stretches *list, int64_t time_ms)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].end_ms > time_ms)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

bool
stretches_find(const struct stretches *list, int64_t time_ms, int64_t *until_ms)
{
    const size_t at = find_later(list, time_ms);
    *until_ms = INT64_MAX;
    if (at == list->n)
        return false;
    const struct stretch *found = &list->items[at];
    if (found->begin_ms <= time_ms) {
        *until_ms = found->end_ms;
        return true;
    }
    *until_ms = found->begin_ms;
    return false;
}

int64_t
stretches_within(const struct stretches *list, int64_t begin_ms, int64_t end_ms)
{
    int64_t sum_ms = 0;
    for (size_t i = find_later(list, begin_ms);
         i < list->n && list->items[i].begin_ms < end_ms; i++) {
        struct stretch s = list->items[i];
        s.begin_ms = s.begin_ms > begin_ms ? s.begin_ms : begin_ms;
        s.end_ms = s.end_ms < end_ms ? s.end_ms : end_ms;
        sum_ms += s.end_ms - s.begin_ms;
    }
    return sum_ms;
}
