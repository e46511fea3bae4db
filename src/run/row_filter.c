/*
 * row_filter.c - drops the rows of a batch that a report is not about.
 *
 * The rows that stay keep their order. The number of the others is returned,
 * and the caller counts them as filtered. Whether a device is wanted is
 * decided once for each device (totals_sink.c), not for each row.
 */
#include "run/row_filter.h"

size_t
row_filter_apply(const struct selection *selection, const uint8_t *device_flags,
                 struct batch *batch)
{
    const int64_t since_ms = selection->since_ms;
    const int64_t until_ms = selection->until_ms;
    uint16_t kept[BATCH_ROWS];
    size_t n_kept = 0, n = batch->n_rows;
    for (size_t i = 0; i < n; i++) {
        int64_t time_ms = batch->time_ms[i];
        if (time_ms < since_ms || time_ms >= until_ms ||
            (device_flags[batch->device[i]] & 1) != 0)
            continue;
        kept[n_kept++] = (uint16_t)i;
    }
    batch_keep(batch, kept, n_kept);
    return n - n_kept;
}
