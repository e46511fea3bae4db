/*
 * local_state.c - a sorted list of states.
 */
#include "model/local_state.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "wattle/error.h"

int
local_states_add(struct local_states *states, uint32_t device,
                 const struct local_state *state)
{
    struct local_device *devices = buffer_grow_array(
        states->devices, &states->cap, states->n + 1, sizeof(*devices));
    if (devices == NULL)
        return WATTLE_ERR_MEMORY;
    states->devices = devices;
    devices[states->n++] = (struct local_device){device, *state};
    return WATTLE_OK;
}

/* A state and when it was added. */
struct ranked {
    struct local_device entry;
    size_t rank;
};

static int
compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->entry.device != y->entry.device)
        return x->entry.device < y->entry.device ? -1 : 1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

int
local_states_sort(struct local_states *states)
{
    struct ranked *ranked = malloc((states->n + 1) * sizeof(*ranked));
    if (ranked == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = 0; i < states->n; i++)
        ranked[i] = (struct ranked){states->devices[i], i};
    qsort(ranked, states->n, sizeof(*ranked), compare);
    size_t n = 0;
    for (size_t i = 0; i < states->n; i++) {
        if (i + 1 < states->n &&
            ranked[i + 1].entry.device == ranked[i].entry.device)
            continue;
        states->devices[n++] = ranked[i].entry;
    }
    states->n = n;
    free(ranked);
    return WATTLE_OK;
}

static int
compare_device(const void *key, const void *entry)
{
    const uint32_t device = *(const uint32_t *)key;
    const struct local_device *other = entry;
    return device < other->device ? -1 : device > other->device;
}

const struct local_state *
local_states_find(const struct local_states *states, uint32_t device)
{
    if (states->n == 0)
        return NULL;
    const struct local_device *found =
        bsearch(&device, states->devices, states->n, sizeof(*states->devices),
                compare_device);
    return found != NULL ? &found->state : NULL;
}

void
local_states_release(struct local_states *states)
{
    free(states->devices);
    *states = (struct local_states){0};
}
