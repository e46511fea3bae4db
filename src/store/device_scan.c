/*
 * device_scan.c - a merge of what is stored, cut to a range.
 *
 * Of a time that chunk and delta both have, the reading of the delta counts.
 * Blocks outside the range are not decoded.
 */
#include "store/device_scan.h"

#include <stdlib.h>

#include "base/error.h"
#include "sort/device_merge.h"
#include "store/chunk_reader.h"

struct device_scan {
    struct chunk_reader chunk_reader;
    struct device_merge *merge;
    struct scan_request range;
    uint32_t device[BLOCK_ROWS];
    uint32_t presence[BLOCK_ROWS];
};

static int
begin(struct device_scan *scan, struct wattle_error *error)
{
    const struct scan_request *range = &scan->range;
    int status = chunk_reader_find(&scan->chunk_reader, range->device,
                                   range->since_ms, range->until_ms, error);
    if (status != WATTLE_OK)
        return status;
    device_merge_reset(scan->merge);
    device_merge_limit(scan->merge, range->since_ms, range->until_ms);
    for (size_t i = 0; i < BLOCK_ROWS; i++)
        scan->device[i] = range->device;
    if (chunk_reader_add_inputs(&scan->chunk_reader, scan->merge) != WATTLE_OK)
        return error_memory(error);
    return WATTLE_OK;
}

int
device_scan_open(struct device_scan **out, struct database *db,
                 const struct scan_request *range, struct wattle_error *error)
{
    unsigned wanted =
        (unsigned)range->columns << BLOCK_VALUE | BLOCK_BIT(BLOCK_PRESENCE);
    struct device_scan *scan = calloc(1, sizeof(*scan));
    *out = NULL;
    if (scan == NULL)
        return error_memory(error);
    scan->range = *range;
    int status = chunk_reader_open(&scan->chunk_reader, db, error);
    scan->merge = device_merge_new(kernels_for(0), wanted, chunk_reader_fetch,
                                   &scan->chunk_reader);
    if (status == WATTLE_OK && scan->merge == NULL)
        status = error_memory(error);
    if (status == WATTLE_OK)
        status = begin(scan, error);
    if (status != WATTLE_OK) {
        device_scan_close(scan);
        return status;
    }
    *out = scan;
    return WATTLE_OK;
}

int
device_scan_restart(struct device_scan *scan, const struct scan_request *range,
                    struct wattle_error *error)
{
    uint32_t columns = scan->range.columns;
    scan->range = *range;
    scan->range.columns = columns;
    return begin(scan, error);
}

int
device_scan_next(struct device_scan *scan, struct batch_view *batch,
                 struct wattle_error *error)
{
    const struct scan_request *range = &scan->range;
    for (;;) {
        struct merge_segment s;
        int status = cancel_flag_check(scan->chunk_reader.db->cancel, error);
        if (status == WATTLE_OK)
            status = device_merge_next(scan->merge, &s, error);
        *batch = (struct batch_view){0};
        if (status != WATTLE_OK || s.n == 0)
            return status;
        const int64_t *time_ms = s.block->column[BLOCK_TIME];
        while (s.n > 0 && time_ms[s.first] < range->since_ms) {
            s.first++;
            s.n--;
        }
        while (s.n > 0 && time_ms[s.first + s.n - 1] >= range->until_ms)
            s.n--;
        if (s.n == 0)
            continue;
        *batch =
            block_view(s.block, s.first, s.n, scan->device, scan->presence);
        return WATTLE_OK;
    }
}

void
device_scan_close(struct device_scan *scan)
{
    if (scan == NULL)
        return;
    device_merge_free(scan->merge);
    chunk_reader_close(&scan->chunk_reader);
    free(scan);
}
