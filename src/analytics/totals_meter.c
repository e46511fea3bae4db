/*
 * totals_meter.c - three passes over the readings of a device: the meter hands
 * out the steps of energy, and the last pass adds the powers as well.
 *
 * The energy goes where all energy goes, into totals and profile. The time that
 * is covered is that of the meter's layers.
 */
#include "analytics/totals_meter.h"

#include <assert.h>

#include "analytics/totals_parts.h"
#include "base/error.h"

/* Where the steps go. */
struct metered {
    struct totals_set *set;
    uint32_t device;
    bool is_estimated; /* the step at hand */
    struct time_cell hour;
};

void
totals_meter_release(struct totals_meter *meter)
{
    meter_release(&meter->meter);
}

static int
add_part(void *context, const struct time_cell *cell,
         const struct energy_part *part)
{
    struct metered *to = context;
    struct device_totals *totals = &to->set->totals[to->device];
    totals_add_part(to->set, totals, cell, part);
    if (!to->is_estimated)
        return WATTLE_OK;
    /* net of what is imported and returned, and the latter twice */
    energy_add(&totals->extra->estimated, &part->net);
    for (int i = 0; i < 2 && part->has_returned; i++)
        energy_add(&totals->extra->estimated, &part->returned);
    return WATTLE_OK;
}

static int
take_step(void *context, const struct energy_step *step, bool is_estimated)
{
    struct metered *to = context;
    struct energy_step own = *step;
    own.partition = &to->set->hours;
    to->is_estimated = is_estimated;
    return energy_split(&own, &to->hour, add_part, to);
}

/* The powers of the rows in the range. */
static int
add_levels(struct totals_meter *m, const struct metered *to,
           const struct batch_view *batch)
{
    const struct meter_options *o = &m->meter.options;
    int status = WATTLE_OK;
    for (size_t row = 0; row < batch->n_rows && status == WATTLE_OK; row++) {
        const int64_t time_ms = batch->time_ms[row];
        if (time_ms < o->since_ms || time_ms >= o->until_ms) {
            m->n_outside++;
            continue;
        }
        struct reading reading;
        reading_from_row(&reading, batch, row,
                         (struct rating){to->set->no_cache, to->set->is_fine});
        m->n_inside++;
        status = totals_add_levels(to->set, to->device, &reading);
    }
    return status;
}

static int
run_phase(struct totals_meter *m, const struct metered *to,
          const struct reading_source *source, struct wattle_error *error)
{
    const enum meter_phase phase = m->meter.phase;
    struct batch_view batch;
    int status = source->rewind(source->context, error);
    while (status == WATTLE_OK) {
        status = source->next(source->context, &batch, error);
        if (status != WATTLE_OK || batch.n_rows == 0)
            break;
        status = meter_take(&m->meter, &batch);
        if (status == WATTLE_OK && phase == METER_ADD)
            status = add_levels(m, to, &batch);
        if (status != WATTLE_OK)
            return error_memory(error);
    }
    if (status != WATTLE_OK)
        return status;
    return meter_end_phase(&m->meter) == WATTLE_OK ? status
                                                   : error_memory(error);
}

/* Gaps, covered time, and what the counters have shown. */
static void
set_covered(const struct meter *meter, struct totals_set *set, uint32_t device)
{
    struct device_totals *totals = &set->totals[device];
    const struct stretches *covered = &meter->covered;
    int64_t covered_ms = 0, all_ms = 0;
    for (size_t i = 0; i < covered->n; i++)
        covered_ms += covered->items[i].end_ms - covered->items[i].begin_ms;
    if (covered->n > 0) {
        all_ms =
            covered->items[covered->n - 1].end_ms - covered->items[0].begin_ms;
        totals->n_gaps = covered->n - 1;
        totals->gap_ms = all_ms - covered_ms;
    }
    totals->extra->edge_ms = covered_ms;
    if (totals->n_readings > 0)
        totals->extra->edge_ms -=
            totals->last_ms - set->firsts[device].first_ms - totals->gap_ms;
    for (int e = 0; e < WATTLE_N_COUNTER_EVENTS; e++)
        totals->extra->n_events[e] = meter->n_events[e];
    totals->extra->has_energies =
        meter->n_energies > 0 || meter->has_counter[0] || meter->has_counter[1];
    totals->extra->is_rising = meter_is_rising(meter);
}

int
totals_meter_add(struct totals_meter *meter, struct totals_set *set,
                 uint32_t device, const struct reading_source *source,
                 struct wattle_error *error)
{
    struct metered to = {.set = set, .device = device, .hour = TIME_CELL_NONE};
    const struct meter_options options = {.since_ms = set->edges.since_ms,
                                          .until_ms = set->edges.until_ms,
                                          .max_gap_ms = set->max_gap_ms,
                                          .holds = meter->holds,
                                          .take = take_step,
                                          .context = &to};
    int status = WATTLE_OK;
    meter->n_inside = meter->n_outside = 0;
    totals_flush(set, device, (size_t)device + 1);
    assert(set->totals[device].n_readings == 0);
    if (totals_extra_of(&set->totals[device]) == NULL)
        return error_memory(error);
    meter_begin(&meter->meter, &options);
    while (status == WATTLE_OK && meter->meter.phase != METER_DONE)
        status = run_phase(meter, &to, source, error);
    if (status == WATTLE_OK)
        set_covered(&meter->meter, set, device);
    totals_reload(set, device);
    return status;
}
