/*
 * column_loops.h - loops over columns, written once and compiled by each
 * kernels_*.c with its own instructions.
 *
 * They are plain C that compilers turn into vector code; every variant is the
 * same text, so they agree by construction.
 */
#ifndef SIMD_COLUMN_LOOPS_H
#define SIMD_COLUMN_LOOPS_H

#include "simd/kernels.h"

static bool
column_set_times(const struct decoded_rows *rows, size_t first, size_t n_rows,
                 uint32_t date, int64_t day_ms, int64_t *restrict time_ms)
{
    uint32_t other = 0;
    for (size_t i = first; i < n_rows; i++)
        other |= (rows->date[i] ^ date) & (0u - rows->is_valid[i]);
    if (other != 0)
        return false;
    for (size_t i = first; i < n_rows; i++)
        time_ms[i] = day_ms + (int64_t)(rows->seconds[i] * 1000 + rows->ms[i]);
    return true;
}

static bool
column_multiply(const int64_t *a, const int64_t *b, const int64_t *c, size_t n,
                int64_t max_ab, int64_t *restrict power)
{
    uint64_t high = 0;
    uint64_t over = 0; /* the top bit shows a product that is too large */
    for (size_t i = 0; i < n; i++) {
        /* 32 x 32 bits: exact when `high` stays small, unused otherwise */
        uint64_t ab = (a[i] & 0xffffffff) * (uint64_t)(b[i] & 0xffffffff);
        high |= (uint64_t)(a[i] | b[i]);
        over |= (uint64_t)(max_ab - 1) - ab;
        power[i] = (int64_t)(ab * (uint64_t)c[i]);
    }
    return high < UINT64_C(1) << 31 && over >> 63 == 0;
}

#endif
