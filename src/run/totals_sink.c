/*
 * totals_sink.c - filter, divert, add up.
 *
 * A device is looked at once, when its first batch comes: whether the report is
 * about it, and whether an earlier scan has found its readings out of order, or
 * that they are for a meter. Those are gathered by device; they are sorted and
 * added up when all splits are sealed (sorted_totals.c). For a meter those
 * outside the range are needed, too.
 */
#include "run/totals_sink.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/zone.h"
#include "run/row_filter.h"
#include "run/sorted_totals.h"

/* METERED: of those that are diverted. */
enum { DEVICE_FILTERED = 1, DEVICE_DIVERTED = 2, DEVICE_METERED = 4 };

/* Memory for rows that are gathered; it is shared out among the threads. */
#define GATHER_BYTES ((size_t)32 << 20)

static void
discard(void *context)
{
    struct totals_split *state = context;
    if (state == NULL)
        return;
    totals_set_release(&state->totals);
    shuffle_free(state->gathered);
    free(state->diverted_rows);
    free(state->device_flags);
    free(state);
}

static int
open_split(void *context, const struct sink_split *split, void **out,
           struct wattle_error *error)
{
    const struct totals_sink *sink = context;
    struct totals_split *state = calloc(1, sizeof(*state));
    *out = state;
    if (state == NULL)
        return error_memory(error);
    state->sink = sink;
    state->split = *split;
    totals_set_init(&state->totals, sink->options->max_gap_ms,
                    sink->options->tuning.no_cache);
    totals_set_range(&state->totals, sink->options->selection.since_ms,
                     sink->options->selection.until_ms);
    totals_set_zone(&state->totals, zone_unless_utc(sink->options->zone));
    state->totals.kernels = sink->kernels;
    state->totals.is_fine = sink->is_fine;
    if (sink->diverted == NULL)
        return WATTLE_OK;
    state->gathered =
        shuffle_new(sink->kernels, GATHER_BYTES / (size_t)sink->n_threads);
    state->diverted_rows = calloc(1, sizeof(*state->diverted_rows));
    return state->gathered != NULL && state->diverted_rows != NULL
               ? WATTLE_OK
               : error_memory(error);
}

static int
reserve_devices(struct totals_split *state, size_t n,
                struct wattle_error *error)
{
    uint8_t *flags =
        buffer_grow_array(state->device_flags, &state->flag_cap, n, 1);
    if (flags != NULL)
        state->device_flags = flags;
    if (flags == NULL || totals_set_reserve(&state->totals, n) != WATTLE_OK)
        return error_memory(error);
    return WATTLE_OK;
}

/* Decides for devices seen for the first time what becomes of them. */
static int
meet_devices(struct totals_split *state, struct wattle_error *error)
{
    const struct totals_sink *sink = state->sink;
    const size_t n = state->split.devices->n_devices;
    if (state->n_flags == n)
        return WATTLE_OK;
    int status = reserve_devices(state, n, error);
    for (; status == WATTLE_OK && state->n_flags < n; state->n_flags++) {
        size_t i = state->n_flags;
        const char *id = registry_id(state->split.devices, (uint32_t)i);
        bool is_wanted =
            selection_wants_listed(&sink->options->selection, id, sink->table);
        state->device_flags[i] = is_wanted ? 0 : DEVICE_FILTERED;
        if (sink->diverted == NULL)
            continue;
        uint32_t number = registry_find(sink->devices, id, strlen(id));
        if (number == REGISTRY_NO_DEVICE) {
            /* a wrong guess reads nonsense; else the input has changed */
            state->saw_unknown = true;
        } else if (sink->diverted[number] == DIVERT_METER) {
            state->device_flags[i] |= DEVICE_DIVERTED | DEVICE_METERED;
        } else if (sink->diverted[number] == DIVERT_SORT) {
            state->device_flags[i] |= DEVICE_DIVERTED;
        }
    }
    return status;
}

/* Takes the rows of devices with a flag out of the batch, to be sorted. */
static int
divert(struct totals_split *state, unsigned flag, struct batch *batch,
       struct wattle_error *error)
{
    uint16_t kept[BATCH_ROWS], diverted[BATCH_ROWS];
    size_t n_kept = 0, n_diverted = 0;
    for (size_t i = 0; i < batch->n_rows; i++) {
        uint32_t device = batch->device[i];
        if ((state->device_flags[device] & flag) == 0)
            kept[n_kept++] = (uint16_t)i;
        else
            diverted[n_diverted++] = (uint16_t)i;
    }
    if (n_diverted == 0)
        return WATTLE_OK;
    const struct batch *rows = batch;
    if (n_kept > 0) {
        batch_take(state->diverted_rows, batch, diverted, n_diverted);
        rows = state->diverted_rows;
    }
    int status = shuffle_add(state->gathered, rows, error);
    batch_keep(batch, kept, n_kept);
    return status;
}

/* Counts the rows for meters, all of which are gathered. */
static void
count_metered(struct totals_split *state, const struct batch *batch)
{
    const struct selection *selection = &state->sink->options->selection;
    for (size_t i = 0; i < batch->n_rows; i++) {
        const int64_t time_ms = batch->time_ms[i];
        if ((state->device_flags[batch->device[i]] & DEVICE_METERED) == 0)
            continue;
        if (time_ms < selection->since_ms || time_ms >= selection->until_ms) {
            state->n_outside++;
            state->split.tally->n_filtered++;
        } else if (batch->has_rounded) {
            state->split.tally->n_rounded += batch->n_rounded[i];
        }
    }
}

/*
 * Marks the devices that a meter is for, whether or not their rows are in the
 * range: a later scan diverts them.
 */
static void
mark_metered(struct totals_split *state, const struct batch *batch)
{
    const bool holds = state->sink->options->holds;
    if (!holds && (batch->columns & MEASURE_ENERGIES) == 0)
        return;
    for (size_t i = 0; i < batch->n_rows; i++) {
        const uint32_t device = batch->device[i];
        const uint32_t has =
            batch->is_uniform ? batch->columns : batch->presence[i];
        if ((holds || (has & MEASURE_ENERGIES) != 0) &&
            (state->device_flags[device] & DEVICE_FILTERED) == 0 &&
            !state->totals.totals[device].is_metered)
            totals_set_meter(&state->totals, device);
    }
}

/* Keeps what the steps over the ends of the range need. */
static int
note_edges(struct totals_split *state, const struct batch *batch)
{
    struct range_edges *edges = &state->totals.edges;
    const struct batch_view view = batch_view(batch);
    int status = WATTLE_OK;
    for (size_t i = 0; i < batch->n_rows && status == WATTLE_OK; i++) {
        const uint8_t flags = state->device_flags[batch->device[i]];
        if (range_edges_want(edges, batch->time_ms[i]) &&
            (flags & DEVICE_FILTERED) == 0)
            status = range_edges_add(edges, &view, i);
    }
    return status;
}

static int
add(void *context, struct batch *batch, struct wattle_error *error)
{
    struct totals_split *state = context;
    const struct totals_sink *sink = state->sink;
    const struct selection *selection = &sink->options->selection;
    int status = meet_devices(state, error);
    if (status == WATTLE_OK && sink->diverted != NULL) {
        count_metered(state, batch);
        status = divert(state, DEVICE_METERED, batch, error);
    }
    if (status != WATTLE_OK || batch->n_rows == 0)
        return status;
    mark_metered(state, batch);
    if ((selection_has_since(selection) || selection_has_until(selection)) &&
        note_edges(state, batch) != WATTLE_OK)
        return error_memory(error);
    if (!selection_is_all(selection))
        state->split.tally->n_filtered +=
            row_filter_apply(selection, state->device_flags, batch);
    state->split.tally->n_rounded += batch_count_rounded(batch);
    if (sink->diverted != NULL)
        status = divert(state, DEVICE_DIVERTED, batch, error);
    if (status != WATTLE_OK || batch->n_rows == 0)
        return status;
    struct batch_view view = batch_view(batch);
    status = totals_set_add(&state->totals, &view);
    return status == WATTLE_OK ? status : error_memory(error);
}

static int
seal(void *context, struct wattle_error *error)
{
    struct totals_split *state = context;
    totals_set_flush(&state->totals);
    return state->gathered != NULL ? shuffle_finish(state->gathered, error)
                                   : WATTLE_OK;
}

const struct sink_ops totals_sink_ops = {
    .name = "totals",
    .least_rejects = REJECT_KEEP_NONE,
    .open = open_split,
    .add = add,
    .seal = seal,
    .discard = discard,
};
