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

/* Bytes of all states. */
static size_t
room_of_all(const struct aggregate_list *list)
{
    size_t room = 0;
    assert(list->n <= AGGREGATE_MAX);
    for (size_t k = 0; k < list->n; k++)
        room += room_of(list->items[k]);
    return room;
}

/* Where the state of an aggregate begins; SIZE_MAX when it is not listed. */
static size_t
offset_of(const struct aggregate_list *list, const struct aggregate *aggregate)
{
    size_t offset = 0;
    for (size_t k = 0; k < list->n; k++) {
        if (list->items[k] == aggregate)
            return offset;
        offset += room_of(list->items[k]);
    }
    return SIZE_MAX;
}

static bool
make_states(struct aggregate_states **states, const struct aggregate_list *list)
{
    if (*states == NULL)
        *states = calloc(1, room_of_all(list) + 16);
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
    const size_t offset = offset_of(list, aggregate);
    assert(offset != SIZE_MAX);
    return make_states(states, list) ? (*states)->bytes + offset : NULL;
}

const void *
aggregate_find(const struct aggregate_states *states,
               const struct aggregate *aggregate)
{
    const size_t offset = offset_of(aggregate_list(), aggregate);
    return states != NULL && offset != SIZE_MAX ? states->bytes + offset : NULL;
}

bool
aggregate_are_plausible(const struct aggregate_states *states,
                        uint64_t left_out, const struct aggregate_span *span)
{
    const struct aggregate_list *list = aggregate_list();
    bool are_plausible = true;
    for (size_t k = 0; k < list->n && states != NULL; k++) {
        if ((left_out >> k & 1) == 0)
            are_plausible = are_plausible &&
                            list->items[k]->is_plausible(
                                aggregate_find(states, list->items[k]), span);
    }
    return are_plausible;
}

void
aggregate_release(struct aggregate_states **states)
{
    free(*states);
    *states = NULL;
}
