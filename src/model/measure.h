/*
 * measure.h - the measures that this program knows.
 *
 * Arrays that hold a value of each measure have MEASURE_N members; sets of
 * measures are bits, 1 << measure. Totals are computed from the first
 * MEASURE_N_SUMMED measures, which the kernels know.
 */
#ifndef MODEL_MEASURE_H
#define MODEL_MEASURE_H

#include <stdint.h>

#include "wattle/measure.h"

enum { MEASURE_N_SUMMED = WATTLE_ENERGY + 1, MEASURE_N = WATTLE_N_MEASURES };

#define MEASURE_BIT(measure) (UINT32_C(1) << (measure))
#define MEASURE_ALL          (MEASURE_BIT(MEASURE_N) - 1)

/* Energies: of intervals, and of counters. */
#define MEASURE_ENERGIES                                                       \
    (MEASURE_BIT(WATTLE_ENERGY) | MEASURE_BIT(WATTLE_ENERGY_RETURNED) |        \
     MEASURE_BIT(WATTLE_ENERGY_TOTAL) |                                        \
     MEASURE_BIT(WATTLE_ENERGY_RETURNED_TOTAL))

/* For each measure of a set, in ascending order. */
#define MEASURE_FOR_EACH(measure, set)                                         \
    for (uint32_t measure##_left = (set), measure;                             \
         measure##_left != 0 &&                                                \
         (measure = (uint32_t)__builtin_ctz(measure##_left), 1);               \
         measure##_left &= measure##_left - 1)

_Static_assert(MEASURE_N < 32, "sets of measures have 32 bits");

extern const struct wattle_measure_info measure_table[MEASURE_N];

/* Whether a value, in units of 10^-decimals, is within a measure's limits. */
_Bool measure_allows(unsigned measure, int64_t value, unsigned decimals);

#endif
