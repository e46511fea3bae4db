/*
 * reorder.h - readings that did not come in order of time, sorted.
 *
 * Each worker has one: readings go in as they come, sorted runs of bounded
 * size are spilled to a temporary file, and a merge brings all workers'
 * readings out by device and time. Of several readings of one device and
 * time the latest in input order stays.
 *
 * Memory: two run buffers a worker while filling, a fixed budget while
 * merging, whatever the number of readings.
 */
#ifndef ANALYTICS_REORDER_H
#define ANALYTICS_REORDER_H

#include <stddef.h>
#include <stdint.h>

#include "analytics/account.h"
#include "model/batch_view.h"
#include "wattle/error.h"

struct reorder;

/* NULL when out of memory. run_rows: records in a run, 0 = the default. */
struct reorder *reorder_new(size_t run_rows);

/* Adds one row of a batch under the given device number. */
int reorder_add(struct reorder *reorder, const struct batch_view *batch,
                size_t row, uint32_t device, struct wattle_error *error);

/* Ends filling: sorts what is left and gives memory back. */
int reorder_finish(struct reorder *reorder, struct wattle_error *error);

/*
 * Merges finished ones, given in input order, into accounts that have none
 * of these devices' readings yet. Adds the number replaced to *duplicates.
 */
int reorder_merge(struct reorder **reorders, size_t n,
                  struct account_set *accounts, uint64_t *duplicates,
                  struct wattle_error *error);

void reorder_free(struct reorder *reorder);

#endif
