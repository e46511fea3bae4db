/*
 * group_sort.h - a group of runs that all overlap, sorted at once in memory.
 *
 * A merge takes row after row from a heap; where hardly two rows of a run
 * follow each other, sorting all rows by their times is quicker.
 */
#ifndef SORT_GROUP_SORT_H
#define SORT_GROUP_SORT_H

#include <stdbool.h>
#include <stddef.h>

#include "sort/merge_pass.h"

/*
 * Puts the rows of n runs, in order of time and of arrival where times are
 * equal, as runs of device 0 behind those of `out`. *is_done: false, with
 * nothing put, when the runs must be merged: they are too many, not of one
 * kind, or centuries apart. 0, or WATTLE_ERR_MEMORY or WATTLE_ERR_IO with the
 * error set.
 */
int group_sort(const struct run_ref *runs, size_t n, struct shuffle *out,
               bool *is_done, struct wattle_error *error);

#endif
