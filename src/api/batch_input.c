/*
 * batch_input.c - from the open list of columns of a caller to the fixed
 * places that measures have inside: nothing is copied but validity.
 *
 * A batch is checked as a whole before the first row of it is used, so that
 * one that is refused has changed nothing.
 */
#include "api/batch_input.h"

#include "base/civil_time.h"
#include "base/error.h"
#include "base/sized_struct.h"

#define MAX_DECIMALS 9

static int
take_column(struct batch_input *in, const struct wattle_column *column,
            struct wattle_error *error)
{
    const unsigned measure = column->measure;
    if (measure >= MEASURE_N)
        return error_set(error, WATTLE_ERR_USAGE,
                         "a column has measure %u, which this version of the "
                         "library does not know",
                         measure);
    if (column->values == NULL)
        return error_set(error, WATTLE_ERR_USAGE, "column %s has no values",
                         measure_table[measure].name);
    if (in->column[measure] != NULL)
        return error_set(error, WATTLE_ERR_USAGE, "there are two columns of %s",
                         measure_table[measure].name);
    if (column->decimals > MAX_DECIMALS)
        return error_set(error, WATTLE_ERR_USAGE,
                         "a column has more than nine decimals");
    in->column[measure] = column;
    in->measures |= MEASURE_BIT(measure);
    return WATTLE_OK;
}

static int
take_columns(struct batch_input *in, struct wattle_error *error)
{
    const struct wattle_batch *batch = &in->given;
    int status = WATTLE_OK;
    if (batch->n_rows > 0 && (batch->device == NULL || batch->time_ms == NULL))
        return error_set(error, WATTLE_ERR_USAGE,
                         "the batch's array %s is NULL",
                         batch->device == NULL ? "device" : "time_ms");
    if (batch->n_columns > 0 && batch->columns == NULL)
        return error_set(error, WATTLE_ERR_USAGE,
                         "the batch's array columns is NULL");
    for (size_t i = 0; i < batch->n_columns && status == WATTLE_OK; i++)
        status = take_column(in, &batch->columns[i], error);
    return status;
}

/* Whether a row of a piece is within all limits. */
static bool
is_good(const struct batch_view *piece, size_t row, uint32_t has,
        size_t n_devices)
{
    bool fits = batch_is_measured(has) && piece->device[row] < n_devices &&
                piece->time_ms[row] >= CIVIL_MIN_MS &&
                piece->time_ms[row] <= CIVIL_MAX_MS;
    for (unsigned m = 0; m < MEASURE_N && fits; m++) {
        if ((has & MEASURE_BIT(m)) != 0)
            fits =
                measure_allows(m, piece->columns[m][row], piece->decimals[m]);
    }
    return fits;
}

static int
check_rows(struct batch_input *in, size_t n_devices, struct wattle_error *error)
{
    const size_t n_rows = in->given.n_rows;
    for (size_t first = 0; first < n_rows; first += BATCH_INPUT_ROWS) {
        size_t left = n_rows - first;
        size_t n = left < BATCH_INPUT_ROWS ? left : BATCH_INPUT_ROWS;
        struct batch_view piece = batch_input_piece(in, first, n);
        for (size_t i = 0; i < n; i++) {
            uint32_t has =
                piece.presence != NULL ? piece.presence[i] : in->measures;
            if (!is_good(&piece, i, has, n_devices))
                return error_set(error, WATTLE_ERR_USAGE,
                                 "row %zu of the batch is out of range",
                                 first + i);
        }
    }
    return WATTLE_OK;
}

int
batch_input_open(struct batch_input *in, const struct wattle_batch *batch,
                 size_t n_devices, struct wattle_error *error)
{
    *in = (struct batch_input){.given = WATTLE_BATCH_INIT};
    if (batch == NULL)
        return error_null(error, "batch");
    int status = sized_struct_take(&in->given, sizeof(in->given), batch, error);
    if (status == WATTLE_OK)
        status = take_columns(in, error);
    return status == WATTLE_OK ? check_rows(in, n_devices, error) : status;
}

/* Clears the bit of a measure in the rows that have no value of it. */
static void
apply_validity(struct batch_input *in, unsigned measure, size_t first, size_t n)
{
    const uint8_t *validity = in->column[measure]->validity;
    for (size_t i = 0; i < n; i++) {
        size_t row = first + i;
        bool has = (validity[row / 8] >> row % 8 & 1) != 0;
        in->presence[i] &= has ? UINT32_MAX : ~MEASURE_BIT(measure);
    }
}

struct batch_view
batch_input_piece(struct batch_input *in, size_t first, size_t n)
{
    struct batch_view piece = {.n_rows = n,
                               .device = in->given.device + first,
                               .time_ms = in->given.time_ms + first};
    for (unsigned m = 0; m < MEASURE_N; m++) {
        const struct wattle_column *column = in->column[m];
        if (column == NULL)
            continue;
        piece.columns[m] = column->values + first;
        piece.decimals[m] = (uint8_t)column->decimals;
        if (column->validity == NULL)
            continue;
        for (size_t i = 0; i < n && piece.presence == NULL; i++)
            in->presence[i] = in->measures;
        piece.presence = in->presence;
        apply_validity(in, m, first, n);
    }
    return piece;
}

int
batch_input_each(struct batch_input *input, batch_input_take take,
                 void *context, struct wattle_error *error)
{
    const size_t n_rows = input->given.n_rows;
    int status = WATTLE_OK;
    for (size_t first = 0; first < n_rows && status == WATTLE_OK;
         first += BATCH_INPUT_ROWS) {
        size_t left = n_rows - first;
        const struct batch_view piece = batch_input_piece(
            input, first, left < BATCH_INPUT_ROWS ? left : BATCH_INPUT_ROWS);
        status = take(context, &piece, error);
    }
    return status;
}
