/*
 * batch.c - storage for one block of readings.
 *
 * Values have BATCH_PLACES decimals until a row needs more; then the whole
 * batch is widened to nine. batch_set always writes the presence of a row, but
 * it is read only when rows differ in their measures (is_uniform is false).
 */
#include "model/batch.h"

#include <assert.h>
#include <string.h>

#define NANO_PER_PLACE 1000000 /* 10^(9 - BATCH_PLACES) */

void
batch_reset(struct batch *batch, uint32_t columns,
            const uint8_t kilo[MEASURE_N])
{
    batch->n_rows = 0;
    batch->columns = columns;
    batch->is_uniform = true;
    batch->places = BATCH_PLACES;
    if (kilo != NULL)
        memcpy(batch->kilo, kilo, sizeof(batch->kilo));
    else
        memset(batch->kilo, 0, sizeof(batch->kilo));
    batch->has_rounded = false;
}

static bool
fits_places(const struct batch_row *row)
{
    MEASURE_FOR_EACH (m, row->presence) {
        if (row->nano[m] % NANO_PER_PLACE != 0)
            return false;
    }
    return true;
}

void
batch_widen(struct batch *batch, size_t from, size_t to)
{
    MEASURE_FOR_EACH (m, batch->columns) {
        /* rows to be set later may hold anything: no overflow is undefined */
        for (size_t i = from; i < to; i++)
            batch->value[m][i] =
                (int64_t)((uint64_t)batch->value[m][i] * NANO_PER_PLACE);
    }
}

/* The rows before `at` have no value in columns that come now. */
static void
add_columns(struct batch *batch, uint32_t columns, size_t at)
{
    MEASURE_FOR_EACH (m, columns & ~batch->columns)
        memset(batch->value[m], 0, at * sizeof(batch->value[m][0]));
    batch->columns |= columns;
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
        add_columns(batch, row->presence, at);
    }
    batch->device[at] = row->device;
    batch->time_ms[at] = row->time_ms;
    batch->presence[at] = row->presence;
    int64_t unit = batch->places == 9 ? 1 : NANO_PER_PLACE;
    MEASURE_FOR_EACH (m, batch->columns) {
        bool present = (row->presence & MEASURE_BIT(m)) != 0;
        batch->value[m][at] = present ? row->nano[m] / unit : 0;
    }
}

void
batch_get(const struct batch *batch, size_t at, struct batch_row *row)
{
    row->device = batch->device[at];
    row->time_ms = batch->time_ms[at];
    row->presence = batch->is_uniform ? batch->columns : batch->presence[at];
    int64_t unit = batch->places == 9 ? 1 : NANO_PER_PLACE;
    memset(row->nano, 0, sizeof(row->nano));
    MEASURE_FOR_EACH (m, row->presence)
        row->nano[m] = batch->value[m][at] * unit;
}

/* For assertions. */
static inline bool
ascends(const uint16_t *rows, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (rows[i] <= rows[i - 1])
            return false;
    }
    return true;
}

void
batch_take(struct batch *to, const struct batch *from, const uint16_t *rows,
           size_t n)
{
    assert(ascends(rows, n) && (n == 0 || rows[n - 1] < from->n_rows));
    if (to != from) {
        to->columns = from->columns;
        to->is_uniform = from->is_uniform;
        to->places = from->places;
        memcpy(to->kilo, from->kilo, sizeof(to->kilo));
        to->has_rounded = from->has_rounded;
    }
    to->n_rows = n;
    for (size_t i = 0; i < n; i++)
        to->device[i] = from->device[rows[i]];
    for (size_t i = 0; i < n; i++)
        to->time_ms[i] = from->time_ms[rows[i]];
    for (size_t i = 0; i < n && !from->is_uniform; i++)
        to->presence[i] = from->presence[rows[i]];
    for (size_t i = 0; i < n && from->has_rounded; i++)
        to->n_rounded[i] = from->n_rounded[rows[i]];
    MEASURE_FOR_EACH (m, from->columns) {
        for (size_t i = 0; i < n; i++)
            to->value[m][i] = from->value[m][rows[i]];
    }
}

void
batch_keep(struct batch *batch, const uint16_t *rows, size_t n)
{
    if (n != batch->n_rows)
        batch_take(batch, batch, rows, n);
}

uint64_t
batch_count_rounded(const struct batch *batch)
{
    uint64_t n = 0;
    for (size_t i = 0; batch->has_rounded && i < batch->n_rows; i++)
        n += batch->n_rounded[i];
    return n;
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
    MEASURE_FOR_EACH (m, batch->columns) {
        view.columns[m] = batch->value[m];
        view.decimals[m] = (uint8_t)(batch->places - batch->kilo[m]);
    }
    return view;
}
