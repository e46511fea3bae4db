/*
 * batch.c - block storage. Rows of the same kind are the rule; presence
 * bytes are written always and read only when rows differ.
 */
#include "model/batch.h"

#define NANO_PER_PLACE 1000000 /* 10^(9 - BATCH_PLACES) */

void
batch_reset(struct batch *batch, uint32_t columns, uint8_t power_shift)
{
    batch->n_rows = 0;
    batch->columns = columns;
    batch->is_uniform = true;
    batch->places = BATCH_PLACES;
    batch->power_shift = power_shift;
    batch->has_rounded = false;
}

static bool
fits_places(const struct batch_row *row)
{
    for (int c = 0; c < MEASURE_N; c++) {
        if ((row->presence & MEASURE_BIT(c)) != 0 &&
            row->nano[c] % NANO_PER_PLACE != 0)
            return false;
    }
    return true;
}

void
batch_widen(struct batch *batch, size_t from, size_t to)
{
    for (int c = 0; c < MEASURE_N; c++) {
        if ((batch->columns & MEASURE_BIT(c)) == 0)
            continue;
        /* rows to be set later may hold anything: no overflow is undefined */
        for (size_t i = from; i < to; i++)
            batch->value[c][i] =
                (int64_t)((uint64_t)batch->value[c][i] * NANO_PER_PLACE);
    }
}

void
batch_set(struct batch *batch, size_t at, const struct batch_row *row)
{
    if (batch->places != 9 && !fits_places(row)) {
        batch_widen(batch, 0, batch->n_rows);
        batch->places = 9;
    }
    if (row->presence != batch->columns) {
        batch->is_uniform = false;
        batch->columns |= row->presence;
    }
    batch->device[at] = row->device;
    batch->time_ms[at] = row->time_ms;
    batch->presence[at] = row->presence;
    int64_t unit = batch->places == 9 ? 1 : NANO_PER_PLACE;
    for (int c = 0; c < MEASURE_N; c++) {
        bool present = (row->presence & MEASURE_BIT(c)) != 0;
        batch->value[c][at] = present ? row->nano[c] / unit : 0;
    }
}

void
batch_get(const struct batch *batch, size_t at, struct batch_row *row)
{
    row->device = batch->device[at];
    row->time_ms = batch->time_ms[at];
    row->presence = batch->is_uniform ? batch->columns : batch->presence[at];
    int64_t unit = batch->places == 9 ? 1 : NANO_PER_PLACE;
    for (int c = 0; c < MEASURE_N; c++) {
        bool present = (row->presence & MEASURE_BIT(c)) != 0;
        row->nano[c] = present ? batch->value[c][at] * unit : 0;
    }
}

void
batch_move(struct batch *batch, size_t to, size_t from)
{
    batch->device[to] = batch->device[from];
    batch->time_ms[to] = batch->time_ms[from];
    batch->presence[to] = batch->presence[from];
    batch->n_rounded[to] = batch->n_rounded[from];
    for (int c = 0; c < MEASURE_N; c++) {
        if ((batch->columns & MEASURE_BIT(c)) != 0)
            batch->value[c][to] = batch->value[c][from];
    }
}

struct batch_view
batch_view(const struct batch *batch)
{
    struct batch_view view = {
        .n_rows = batch->n_rows,
        .device = batch->device,
        .time_ms = batch->time_ms,
        .presence = batch->is_uniform ? NULL : batch->presence,
    };
    for (int c = 0; c < MEASURE_N; c++) {
        if ((batch->columns & MEASURE_BIT(c)) == 0)
            continue;
        bool shifted = c == WATTLE_POWER || c == WATTLE_ENERGY;
        view.columns[c] = batch->value[c];
        view.decimals[c] =
            (uint8_t)(batch->places - (shifted ? batch->power_shift : 0));
    }
    return view;
}
