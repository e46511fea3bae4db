/*
 * readings_values.h - a batch as SQL sees it: columns of doubles, each the
 * one nearest to the exact value; NaN, which SQLite takes for NULL, where a
 * reading has none.
 */
#ifndef SQLEXT_READINGS_VALUES_H
#define SQLEXT_READINGS_VALUES_H

#include "simd/kernels.h"
#include "model/batch_view.h"

struct readings_values {
    _Alignas(64) double column[MEASURE_N][KERNEL_ROWS];
    int64_t power_nw[KERNEL_ROWS]; /* to work in */
};

/* The columns that a batch must have to fill those wanted; both are bits. */
unsigned readings_values_needed(unsigned wanted);

/*
 * Fills the wanted columns, bits (1 << enum wattle_measure). WATTLE_POWER is
 * the power of the reading: given, or voltage x current x power factor.
 */
void readings_values_fill(struct readings_values *values,
                          const struct batch_view *batch, unsigned wanted,
                          const struct kernels *kernels);

#endif
