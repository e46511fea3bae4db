/*
 * batch_view.h - readings by column, as rooms pass them on: arrays that
 * somebody else owns, one for each measure that there is.
 */
#ifndef MODEL_BATCH_VIEW_H
#define MODEL_BATCH_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "model/measure.h"

struct batch_view {
    size_t n_rows;
    const uint32_t *device;            /* dense numbers */
    const int64_t *time_ms;            /* since 1970-01-01 UTC */
    const int64_t *columns[MEASURE_N]; /* NULL = no row has it */
    uint8_t decimals[MEASURE_N];       /* 0 .. 9: value = integer / 10^d */
    /*
     * NULL when every row has every given column; else the set of measures of
     * each row (MEASURE_BIT). What a column holds in other rows means nothing.
     */
    const uint32_t *presence;
};

/* Rows [first, first + n) of a batch. */
static inline struct batch_view
batch_view_part(const struct batch_view *batch, size_t first, size_t n)
{
    struct batch_view part = *batch;
    part.n_rows = n;
    part.device += first;
    part.time_ms += first;
    part.presence = batch->presence != NULL ? batch->presence + first : NULL;
    for (int m = 0; m < MEASURE_N; m++) {
        if (part.columns[m] != NULL)
            part.columns[m] += first;
    }
    return part;
}

#endif
