/*
 * batch_check.c - differences whose sign bits tell; no branch for a value, so
 * that compilers make vector code of the loops.
 */
#include "model/batch_check.h"

#include <stddef.h>
#include <stdint.h>

#include "base/civil_time.h"
#include "base/decimal.h"

/* Largest magnitude of all but power factors: docs/input.md. */
#define MAX_VALUE INT64_C(1000000000)

static bool
is_negative(uint64_t bits)
{
    return bits >> 63 != 0;
}

/* The sign bit of the result is set when one value is not in [low, high]. */
static uint64_t
outside(const int64_t *values, size_t n, int64_t low, int64_t high)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++)
        bits |= ((uint64_t)values[i] - (uint64_t)low) |
                ((uint64_t)high - (uint64_t)values[i]);
    return bits;
}

/* The same of the rows that have the column. */
static uint64_t
present_outside(const int64_t *values, const uint8_t *presence, int column,
                size_t n, int64_t low, int64_t high)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        if ((presence[i] >> column & 1) != 0)
            bits |= outside(&values[i], 1, low, high);
    }
    return bits;
}

/* The largest magnitude of a column at a number of decimals. */
static int64_t
most_of(int column, int decimals)
{
    int64_t one = decimal_power_of_ten(decimals);
    return column == WATTLE_POWER_FACTOR ? one : one * MAX_VALUE;
}

static bool
is_column_valid(const struct wattle_batch *batch, int column)
{
    const int64_t *values = batch->columns[column];
    if (values == NULL)
        return true;
    if (batch->decimals[column] > 9)
        return false;
    int64_t high = most_of(column, batch->decimals[column]);
    int64_t low =
        column == WATTLE_VOLTAGE || column == WATTLE_CURRENT ? 0 : -high;
    return !is_negative(batch->presence != NULL
                            ? present_outside(values, batch->presence, column,
                                              batch->n_rows, low, high)
                            : outside(values, batch->n_rows, low, high));
}

bool
batch_check(const struct wattle_batch *batch, int64_t after_ms)
{
    const int64_t *time_ms = batch->time_ms;
    uint64_t bits = 0;
    if (batch->n_rows == 0)
        return true;
    for (size_t i = 1; i < batch->n_rows; i++)
        bits |= (uint64_t)time_ms[i] - (uint64_t)time_ms[i - 1] - 1;
    bits |= outside(time_ms, batch->n_rows, CIVIL_MIN_MS, CIVIL_MAX_MS);
    if (is_negative(bits) || time_ms[0] < after_ms)
        return false;
    for (int c = 0; c < WATTLE_N_COLUMNS; c++) {
        if (!is_column_valid(batch, c))
            return false;
    }
    return true;
}
