/*
 * totals_edges.c - the parts of steps that lie in a range of which they cross
 * the begin or the end.
 *
 * They are added last, when the first and the last reading of each device in
 * the range are known. Such a part has a rest in 2^-60 units, as those of hours
 * have.
 */
#include "analytics/totals_parts.h"
#include "wattle/error.h"

/* Where the parts of a step go. */
struct edge_parts {
    struct totals_set *set;
    struct device_totals *totals;
};

static int
add_part(void *context, const struct time_cell *cell,
         const struct energy_part *part)
{
    struct edge_parts *to = context;
    to->totals->extra->edge_ms += part->end_ms - part->begin_ms;
    totals_add_part(to->set, to->totals, cell, part);
    return WATTLE_OK;
}

/* Adds what is inside the range of the step between two points. */
static int
add_step(struct totals_set *set, size_t device, const struct power_point *from,
         const struct power_point *to)
{
    const struct range_edges *edges = &set->edges;
    struct device_totals *totals = &set->totals[device];
    struct energy_step step = {.from = from,
                               .to = to,
                               .begin_ms = from->time_ms,
                               .end_ms = to->time_ms,
                               .partition = &set->hours};
    if (step.begin_ms < edges->since_ms)
        step.begin_ms = edges->since_ms;
    if (step.end_ms > edges->until_ms)
        step.end_ms = edges->until_ms;
    if (to->time_ms - from->time_ms > set->max_gap_ms ||
        from->nw == TOTALS_NO_POWER || to->nw == TOTALS_NO_POWER ||
        step.begin_ms >= step.end_ms)
        return WATTLE_OK;
    struct edge_parts parts = {set, totals};
    struct time_cell hour = TIME_CELL_NONE;
    if (totals_extra_of(totals) == NULL)
        return WATTLE_ERR_MEMORY;
    return energy_split(&step, &hour, add_part, &parts);
}

static int
add_device(struct totals_set *set, size_t device)
{
    const struct device_edges *edges = &set->edges.items[device];
    const struct device_totals *totals = &set->totals[device];
    struct power_point first = {
        set->firsts[device].first_ms, set->firsts[device].first_nw, {{0}}};
    struct power_point last = {totals->last_ms, totals->last_nw, {{0}}};
    int status = WATTLE_OK;
    if (totals->n_readings == 0)
        return edges->has_before && edges->has_after
                   ? add_step(set, device, &edges->before, &edges->after)
                   : WATTLE_OK;
    if (first.nw == TOTALS_WIDE)
        first.wide = totals->extra->first;
    if (last.nw == TOTALS_WIDE)
        last.wide = totals->extra->last;
    if (edges->has_before)
        status = add_step(set, device, &edges->before, &first);
    if (status == WATTLE_OK && edges->has_after)
        status = add_step(set, device, &last, &edges->after);
    return status;
}

int
totals_set_add_edges(struct totals_set *set)
{
    int status = WATTLE_OK;
    totals_set_flush(set);
    for (size_t d = 0; d < set->edges.n && d < set->n_devices; d++) {
        if (status == WATTLE_OK)
            status = add_device(set, d);
    }
    range_edges_release(&set->edges);
    return status;
}
