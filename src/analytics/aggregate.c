/*
 * aggregate.c - the states of a device: one after the other in one piece of
 * memory, each aligned to 16 bytes, in the order of the list.
 *
 * There is no such piece for a device without readings, nor when the list is
 * empty, so that aggregates cost nothing where there are none.
 */
#include "analytics/aggregate.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>

#include "wattle/error.h"

struct aggregate_states {
    alignas(16) uint8_t bytes[16]; /* more in fact */
};

static size_t
room_of(const struct aggregate *aggregate)
{
    return (aggregate->state_bytes + 15) / 16 * 16;
}

/* Where the state of an aggregate begins; NULL: where all of them end. */
static size_t
offset_of(const struct aggregate_list *list, const struct aggregate *aggregate)
{
    size_t offset = 0, k = 0;
    assert(list->n <= AGGREGATE_MAX);
    for (; k < list->n && list->items[k] != aggregate; k++)
        offset += room_of(list->items[k]);
    assert(aggregate == NULL || k < list->n);
    return offset;
}

static bool
make_states(struct aggregate_states **states, const struct aggregate_list *list)
{
    if (*states == NULL)
        *states = calloc(1, offset_of(list, NULL) + 16);
    return *states != NULL;
}

int
aggregate_add(struct aggregate_states **states,
              const struct aggregate_rows *rows)
{
    const struct aggregate_list *list = aggregate_list();
    if (list->n == 0 || rows->n == 0)
        return WATTLE_OK;
    if (!make_states(states, list))
        return WATTLE_ERR_MEMORY;
    uint8_t *state = (*states)->bytes;
    for (size_t k = 0; k < list->n; k++) {
        list->items[k]->add(state, rows);
        state += room_of(list->items[k]);
    }
    return WATTLE_OK;
}

void
aggregate_join(struct aggregate_states **states,
               struct aggregate_states **later)
{
    const struct aggregate_list *list = aggregate_list();
    if (*later == NULL)
        return;
    if (*states == NULL) { /* the same as zeros */
        *states = *later;
        *later = NULL;
        return;
    }
    size_t offset = 0;
    for (size_t k = 0; k < list->n; k++) {
        list->items[k]->join((*states)->bytes + offset,
                             (*later)->bytes + offset);
        offset += room_of(list->items[k]);
    }
    aggregate_release(later);
}

void *
aggregate_state(struct aggregate_states **states,
                const struct aggregate *aggregate)
{
    const struct aggregate_list *list = aggregate_list();
    if (!make_states(states, list))
        return NULL;
    return (*states)->bytes + offset_of(list, aggregate);
}

const void *
aggregate_find(const struct aggregate_states *states,
               const struct aggregate *aggregate)
{
    if (states == NULL)
        return NULL;
    return states->bytes + offset_of(aggregate_list(), aggregate);
}

void
aggregate_release(struct aggregate_states **states)
{
    free(*states);
    *states = NULL;
}
