/*
 * step_counts.c - a small hash that grows.
 *
 * The number of different steps is limited, so that irregular readings take no
 * more memory than regular ones: their commonest step means little anyway.
 */
#include "analytics/step_counts.h"

#include <stdlib.h>
#include <string.h>

#include "wattle/error.h"

void
step_counts_release(struct step_counts *counts)
{
    free(counts->slots);
    *counts = (struct step_counts){0};
}

void
step_counts_clear(struct step_counts *counts)
{
    if (counts->n > 0)
        memset(counts->slots, 0, counts->n_slots * sizeof(*counts->slots));
    counts->n = 0;
}

/* The slot of a step, or a free one. */
static struct step_count *
find(struct step_count *slots, size_t n_slots, int64_t step_ms)
{
    uint64_t hash = (uint64_t)step_ms * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 32) & (n_slots - 1);
    while (slots[at].n > 0 && slots[at].step_ms != step_ms)
        at = (at + 1) & (n_slots - 1);
    return &slots[at];
}

static int
grow(struct step_counts *counts)
{
    const size_t n_slots = counts->n_slots == 0 ? 64 : 2 * counts->n_slots;
    struct step_count *slots = calloc(n_slots, sizeof(*slots));
    if (slots == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = 0; i < counts->n_slots; i++) {
        if (counts->slots[i].n > 0)
            *find(slots, n_slots, counts->slots[i].step_ms) = counts->slots[i];
    }
    free(counts->slots);
    counts->slots = slots;
    counts->n_slots = n_slots;
    return WATTLE_OK;
}

int
step_counts_add(struct step_counts *counts, int64_t step_ms)
{
    if (2 * counts->n >= counts->n_slots && grow(counts) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    struct step_count *slot = find(counts->slots, counts->n_slots, step_ms);
    if (slot->n == 0) {
        if (counts->n == STEP_COUNTS_MOST)
            return WATTLE_OK;
        slot->step_ms = step_ms;
        counts->n++;
    }
    slot->n++;
    return WATTLE_OK;
}

int64_t
step_counts_commonest(const struct step_counts *counts)
{
    struct step_count best = {0, 0};
    for (size_t i = 0; i < counts->n_slots; i++) {
        const struct step_count *c = &counts->slots[i];
        if (c->n > best.n || (c->n == best.n && c->step_ms < best.step_ms))
            best = *c;
    }
    return best.step_ms;
}
