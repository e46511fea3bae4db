/*
 * readings_values.c - integers to doubles. A whole number below 2^53 over a
 * power of ten is one exact conversion and one rounded division; all else
 * takes the long way of wide_int.h.
 */
#include "sqlext/readings_values.h"

#include <math.h>

#include "analytics/power.h"
#include "base/decimal.h"

#define BIT(column) (1u << (column))
#define FACTORS                                                                \
    (BIT(WATTLE_VOLTAGE) | BIT(WATTLE_CURRENT) | BIT(WATTLE_POWER_FACTOR))

#define EXACT_LIMIT    (INT64_C(1) << 53)
#define MILLI_DECIMALS 3

/* The largest voltage x current whose power is surely below 2^53 nW. */
#define MAX_APPARENT (EXACT_LIMIT / 1000)

unsigned
readings_values_needed(unsigned wanted)
{
    return (wanted & BIT(WATTLE_POWER)) != 0 ? wanted | FACTORS : wanted;
}

/* The columns that a row has. */
static unsigned
columns_of(const struct batch_view *batch, size_t row)
{
    unsigned given = 0;
    for (int c = 0; c < MEASURE_N; c++)
        given |= batch->columns[c] != NULL ? BIT(c) : 0;
    return batch->presence != NULL ? given & batch->presence[row] : given;
}

static double
to_double(int64_t value, int64_t unit)
{
    if (value < EXACT_LIMIT && value > -EXACT_LIMIT)
        return (double)value / (double)unit;
    return int128_ratio(value, (uint64_t)unit);
}

static void
fill_column(double *out, const struct batch_view *batch, int column)
{
    const int64_t *values = batch->columns[column];
    int64_t unit = decimal_power_of_ten(batch->decimals[column]);
    for (size_t i = 0; i < batch->n_rows; i++)
        out[i] = values != NULL ? to_double(values[i], unit) : NAN;
    for (size_t i = 0; batch->presence != NULL && i < batch->n_rows; i++)
        out[i] = (batch->presence[i] & BIT(column)) != 0 ? out[i] : NAN;
}

static bool
is_milli(const struct batch_view *batch, int column)
{
    return batch->columns[column] != NULL &&
           batch->decimals[column] == MILLI_DECIMALS;
}

static bool
are_milli(const struct batch_view *batch)
{
    return is_milli(batch, WATTLE_VOLTAGE) && is_milli(batch, WATTLE_CURRENT) &&
           is_milli(batch, WATTLE_POWER_FACTOR);
}

static int64_t
to_nano(const struct batch_view *batch, int column, size_t row)
{
    return batch->columns[column][row] *
           decimal_power_of_ten(DECIMAL_PLACES - batch->decimals[column]);
}

static double
product_of(const struct batch_view *batch, size_t row)
{
    if (are_milli(batch)) {
        int128 apparent = (int128)batch->columns[WATTLE_VOLTAGE][row] *
                          batch->columns[WATTLE_CURRENT][row];
        return int128_ratio(apparent * batch->columns[WATTLE_POWER_FACTOR][row],
                            DECIMAL_ONE);
    }
    int128 apparent = (int128)to_nano(batch, WATTLE_VOLTAGE, row) *
                      to_nano(batch, WATTLE_CURRENT, row);
    int64_t factor = to_nano(batch, WATTLE_POWER_FACTOR, row);
    return int256_ratio(int256_mul(int256_from(apparent), factor),
                        int256_from((int128)POWER_WIDE_PER_NW * DECIMAL_ONE));
}

/* The power of a row, whatever its columns are. */
static double
power_of(const struct batch_view *batch, size_t row)
{
    unsigned has = columns_of(batch, row);
    if ((has & BIT(WATTLE_POWER)) != 0)
        return to_double(batch->columns[WATTLE_POWER][row],
                         decimal_power_of_ten(batch->decimals[WATTLE_POWER]));
    return (has & FACTORS) == FACTORS ? product_of(batch, row) : NAN;
}

/* Powers of rows that all have three factors of thousandths; else false. */
static bool
multiply_all(struct readings_values *values, const struct batch_view *batch,
             const struct kernels *kernels)
{
    double *out = values->column[WATTLE_POWER];
    if (batch->presence != NULL || batch->columns[WATTLE_POWER] != NULL ||
        !are_milli(batch) ||
        !kernels->multiply(batch->columns[WATTLE_VOLTAGE],
                           batch->columns[WATTLE_CURRENT],
                           batch->columns[WATTLE_POWER_FACTOR], batch->n_rows,
                           MAX_APPARENT, values->power_nw))
        return false;
    for (size_t i = 0; i < batch->n_rows; i++)
        out[i] = (double)values->power_nw[i] / (double)DECIMAL_ONE;
    return true;
}

static void
fill_power(struct readings_values *values, const struct batch_view *batch,
           const struct kernels *kernels)
{
    double *out = values->column[WATTLE_POWER];
    if (batch->presence == NULL && batch->columns[WATTLE_POWER] != NULL)
        fill_column(out, batch, WATTLE_POWER);
    else if (!multiply_all(values, batch, kernels))
        for (size_t i = 0; i < batch->n_rows; i++)
            out[i] = power_of(batch, i);
}

void
readings_values_fill(struct readings_values *values,
                     const struct batch_view *batch, unsigned wanted,
                     const struct kernels *kernels)
{
    for (int c = 0; c < MEASURE_N; c++) {
        if ((wanted & BIT(c)) == 0)
            continue;
        if (c == WATTLE_POWER)
            fill_power(values, batch, kernels);
        else
            fill_column(values->column[c], batch, c);
    }
}
