/*
 * shuffle_set.h - the shuffles of all splits of a scan, device by device.
 *
 * Each split has numbers of its own for devices; here a device has one number,
 * and its runs are those of all splits, in the order of the input.
 */
#ifndef SORT_SHUFFLE_SET_H
#define SORT_SHUFFLE_SET_H

#include <stddef.h>
#include <stdint.h>

#include "sort/device_merge.h"
#include "sort/shuffle.h"
#include "wattle/error.h"

/* What one split has gathered, and the common numbers of its devices. */
struct shuffle_part {
    const struct shuffle *shuffle; /* finished */
    const uint32_t *device_of;     /* [n_devices] by the split's numbers */
    uint32_t n_devices;
};

/* Read by any number of threads. The parts are borrowed. */
struct shuffle_set {
    const struct shuffle_part *parts; /* in input order */
    size_t n_parts;
    uint32_t n_devices;
    uint32_t *locals; /* [n_parts][n_devices]: a split's number of a device */
};

/* 0 or WATTLE_ERR_MEMORY; release in any case. */
int shuffle_set_open(struct shuffle_set *set, const struct shuffle_part *parts,
                     size_t n_parts, uint32_t n_devices);
void shuffle_set_release(struct shuffle_set *set);

/* What is gathered of a device. */
struct gathered {
    int64_t first_ms, last_ms; /* INT64_MAX and INT64_MIN: nothing */
    uint64_t n_rows;
    size_t n_runs;
};

struct gathered shuffle_set_measure(const struct shuffle_set *set,
                                    uint32_t device);

/*
 * Merges a device's runs into fewer, in *reduced, if more overlap than one
 * merge should hold in memory; else *reduced is NULL. To be called before
 * `merge` has inputs, and freed by the caller, also on failure. 0, or
 * WATTLE_ERR_MEMORY or WATTLE_ERR_IO with the error set.
 */
int shuffle_set_reduce(const struct shuffle_set *set, uint32_t device,
                       size_t n_runs, struct device_merge *merge,
                       const struct kernels *kernels, struct shuffle **reduced,
                       struct wattle_error *error);

/* Adds a device's runs, or the reduced ones, to a merge; 0 or _ERR_MEMORY. */
int shuffle_set_add(const struct shuffle_set *set, uint32_t device,
                    const struct shuffle *reduced, struct device_merge *merge);

#endif
