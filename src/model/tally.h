/*
 * tally.h - what became of the lines that were read.
 *
 * At the end lines = readings + duplicates + rejects. A line that the selection
 * leaves out is filtered: it is none of the others, not even a line.
 */
#ifndef MODEL_TALLY_H
#define MODEL_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "wattle/result.h"

struct tally {
    uint64_t n_lines, n_duplicates, n_rejects, n_filtered;
    uint64_t n_rounded;   /* values with more than nine decimals */
    bool has_local_times; /* some timestamps have no offset */
    uint64_t by_reason[WATTLE_N_REASONS]; /* of the rejects */
    /* how they were read */
    uint64_t n_bytes;
    uint64_t n_fast,
        n_slow; /* rows: by a known template or a summary; singly */
};

/* Adds what another part of the input gave. */
void tally_add(struct tally *to, const struct tally *from);

/* Counts rejects of a reason. */
static inline void
tally_add_rejects(struct tally *to, int reason, uint64_t n)
{
    to->by_reason[reason] += n;
    to->n_rejects += n;
}

#endif
