/*
 * presort.h - fewer places for a merge: pieces that overlap too much are
 * merged in groups first.
 *
 * Memory depends on how many places overlap at one time; in a file in no
 * order at all these are all pieces of a device.
 */
#ifndef STORE_PRESORT_H
#define STORE_PRESORT_H

#include <stddef.h>

#include "store/device_merge.h"
#include "store/regroup.h"
#include "wattle/error.h"

/* A piece and where it is. */
struct presort_piece {
    const struct regroup *regroup;
    const struct regroup_piece *piece;
};

/* How many may overlap; more are merged first. */
#define PRESORT_MAX_OVERLAP 256

/* How many of the pieces overlap at most; (size_t)-1 = no memory. */
size_t presort_overlap(const struct presort_piece *pieces, size_t n);

/*
 * Merges pieces, in order of arrival, until at most PRESORT_MAX_OVERLAP
 * overlap; all rows are kept. *out has them as its device 0, to be freed by
 * the caller, also on failure. Resets the merge.
 */
int presort_run(struct device_merge *merge, const struct kernels *kernels,
                const struct presort_piece *pieces, size_t n,
                struct regroup **out, struct wattle_error *error);

#endif
