/*
 * merge_pass.h - fewer inputs for a merge: runs that overlap too much are
 * merged in groups first.
 *
 * Memory depends on how many inputs overlap at one time; in a file in no
 * order at all these are all runs of a device.
 */
#ifndef SORT_MERGE_PASS_H
#define SORT_MERGE_PASS_H

#include <stddef.h>

#include "sort/device_merge.h"
#include "sort/shuffle.h"
#include "wattle/error.h"

/* A run and where it is. */
struct run_ref {
    const struct shuffle *shuffle;
    const struct spilled_run *run;
};

/* How many may overlap; more are merged first. */
#define MERGE_PASS_MAX_OVERLAP 256

/* How many of the runs overlap at most; (size_t)-1 = no memory. */
size_t merge_pass_overlap(const struct run_ref *runs, size_t n);

/*
 * Merges runs, in order of arrival, until at most MERGE_PASS_MAX_OVERLAP
 * overlap; all rows are kept. *out has them as its device 0, to be freed by
 * the caller, also on failure. Resets the merge. 0, or WATTLE_ERR_MEMORY or
 * WATTLE_ERR_IO with the error set.
 */
int merge_pass_run(struct device_merge *merge, const struct kernels *kernels,
                   const struct run_ref *runs, size_t n, struct shuffle **out,
                   struct wattle_error *error);

#endif
