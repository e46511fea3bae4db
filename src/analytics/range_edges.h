/*
 * range_edges.h - the readings next to a range of time, by device.
 *
 * A step between two readings that crosses the begin or the end of a range
 * belongs to the range in part. So the last reading before it and the first one
 * behind it are kept for each device, when they are near enough for a step.
 */
#ifndef ANALYTICS_RANGE_EDGES_H
#define ANALYTICS_RANGE_EDGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/power.h"
#include "model/batch_view.h"

struct device_edges {
    bool has_before, has_after;
    struct power_point before; /* the last one earlier than since_ms */
    struct power_point after;  /* the first one from until_ms on */
};

struct range_edges {
    int64_t since_ms, until_ms; /* half-open; INT64_MIN, INT64_MAX = no limit */
    int64_t max_gap_ms;
    struct device_edges *items; /* by device */
    size_t n, cap;
};

/* Without limits nothing is ever kept. */
void range_edges_init(struct range_edges *edges, int64_t since_ms,
                      int64_t until_ms, int64_t max_gap_ms);
void range_edges_release(struct range_edges *edges);

/* Whether a time is outside the range and near enough to matter. */
static inline bool
range_edges_want(const struct range_edges *edges, int64_t time_ms)
{
    if (time_ms < edges->since_ms)
        return edges->since_ms - time_ms <= edges->max_gap_ms;
    return time_ms >= edges->until_ms &&
           time_ms - edges->until_ms < edges->max_gap_ms;
}

/*
 * Takes a row that is wanted. Of two of the same time the later call wins. 0
 * or WATTLE_ERR_MEMORY.
 */
int range_edges_add(struct range_edges *edges, const struct batch_view *batch,
                    size_t row);

/*
 * Adds what a later part of the input has found; device_of maps its devices,
 * NULL = they are the same. 0 or WATTLE_ERR_MEMORY.
 */
int range_edges_join(struct range_edges *edges, const struct range_edges *later,
                     const uint32_t *device_of);

#endif
