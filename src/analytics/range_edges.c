/*
 * range_edges.c - the nearest reading on either side of a range.
 *
 * Nothing depends on the order of readings, but which of two of the same time
 * comes last in the input: that one replaces the other, as everywhere.
 */
#include "analytics/range_edges.h"

#include <stdlib.h>

#include "analytics/reading.h"
#include "base/buffer.h"
#include "wattle/error.h"

void
range_edges_init(struct range_edges *edges, int64_t since_ms, int64_t until_ms,
                 int64_t max_gap_ms)
{
    *edges = (struct range_edges){
        .since_ms = since_ms, .until_ms = until_ms, .max_gap_ms = max_gap_ms};
}

void
range_edges_release(struct range_edges *edges)
{
    free(edges->items);
    edges->items = NULL;
    edges->n = edges->cap = 0;
}

static int
reserve(struct range_edges *edges, size_t n)
{
    if (n <= edges->n)
        return WATTLE_OK;
    struct device_edges *grown =
        buffer_grow_array(edges->items, &edges->cap, n, sizeof(*grown));
    if (grown == NULL)
        return WATTLE_ERR_MEMORY;
    edges->items = grown;
    while (edges->n < n)
        edges->items[edges->n++] = (struct device_edges){0};
    return WATTLE_OK;
}

static void
take_before(struct device_edges *of, const struct power_point *point)
{
    if (of->has_before && point->time_ms < of->before.time_ms)
        return;
    of->before = *point;
    of->has_before = true;
}

static void
take_after(struct device_edges *of, const struct power_point *point)
{
    if (of->has_after && point->time_ms > of->after.time_ms)
        return;
    of->after = *point;
    of->has_after = true;
}

int
range_edges_add(struct range_edges *edges, const struct batch_view *batch,
                size_t row)
{
    const uint32_t device = batch->device[row];
    struct reading reading;
    if (reserve(edges, (size_t)device + 1) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    reading_power_from_row(&reading, batch, row);
    if (reading.point.time_ms < edges->since_ms)
        take_before(&edges->items[device], &reading.point);
    else
        take_after(&edges->items[device], &reading.point);
    return WATTLE_OK;
}

int
range_edges_join(struct range_edges *edges, const struct range_edges *later,
                 const uint32_t *device_of)
{
    for (size_t i = 0; i < later->n; i++) {
        const struct device_edges *from = &later->items[i];
        const size_t device = device_of != NULL ? device_of[i] : i;
        if (!from->has_before && !from->has_after)
            continue;
        if (reserve(edges, device + 1) != WATTLE_OK)
            return WATTLE_ERR_MEMORY;
        if (from->has_before)
            take_before(&edges->items[device], &from->before);
        if (from->has_after)
            take_after(&edges->items[device], &from->after);
    }
    return WATTLE_OK;
}
