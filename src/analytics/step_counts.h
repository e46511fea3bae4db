/*
 * step_counts.h - the commonest of many steps of time.
 */
#ifndef ANALYTICS_STEP_COUNTS_H
#define ANALYTICS_STEP_COUNTS_H

#include <stddef.h>
#include <stdint.h>

/* Different steps that are told apart; later ones do not count. */
#define STEP_COUNTS_MOST 4096

struct step_count {
    int64_t step_ms;
    uint64_t n; /* 0 = free */
};

/* Zero-initialised is empty. */
struct step_counts {
    struct step_count *slots; /* a hash; owned */
    size_t n_slots, n;
};

void step_counts_release(struct step_counts *counts);
void step_counts_clear(struct step_counts *counts);

/* Counts a step > 0. 0 or WATTLE_ERR_MEMORY. */
int step_counts_add(struct step_counts *counts, int64_t step_ms);

/* The commonest; of several the shortest; 0 = none. */
int64_t step_counts_commonest(const struct step_counts *counts);

#endif
