/*
 * tally.c - the counts of a run are the sums of those of its parts.
 *
 * Each split of the input has a tally of its own, which one thread counts in.
 * They are added when all splits have ended, so counting needs no lock.
 */
#include "model/tally.h"

void
tally_add(struct tally *to, const struct tally *from)
{
    to->n_lines += from->n_lines;
    to->n_duplicates += from->n_duplicates;
    to->n_filtered += from->n_filtered;
    to->n_rounded += from->n_rounded;
    for (int r = 0; r < WATTLE_N_REASONS; r++)
        tally_add_rejects(to, r, from->by_reason[r]);
    to->n_bytes += from->n_bytes;
    to->n_fast += from->n_fast;
    to->n_slow += from->n_slow;
    to->has_local_times = to->has_local_times || from->has_local_times;
}
