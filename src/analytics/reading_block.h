/*
 * reading_block.h - powers and efficiencies of a block of ordinary readings,
 * as columns, for the quick ways.
 *
 * Ordinary: every row has voltage, current and power factor in thousandths,
 * or every row has a power, and each power is a whole number of nW below
 * POWER_NARROW_LIMIT.
 */
#ifndef ANALYTICS_READING_BLOCK_H
#define ANALYTICS_READING_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "simd/kernels.h"
#include "model/batch_view.h"

struct reading_block {
    int64_t *power_nw;   /* [KERNEL_ROWS], the caller's */
    int64_t *efficiency; /* the same, 2^-56; NULL = not wanted */
    bool has_efficiency; /* efficiency has been filled */
    bool has_returned;   /* a power is below zero */
};

/* False when the batch is not ordinary; the columns then hold anything. */
bool reading_block_derive(struct reading_block *block,
                          const struct batch_view *batch,
                          const struct kernels *kernels, bool no_cache);

#endif
