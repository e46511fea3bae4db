/*
 * reading.c - the exact power or energy of one row, and its efficiency.
 *
 * A row's power is its own, else the exact product of voltage, current and
 * power factor. Only a row with neither gives its energy. Whether a power is
 * narrow or wide depends on the value alone (totals.h), so all ways of
 * computing agree. An efficiency needs a current and a power factor.
 */
#include "analytics/reading.h"

#include "analytics/totals.h"
#include "analytics/efficiency.h"
#include "analytics/efficiency_fine.h"
#include "base/decimal.h"

#define HAS(column) MEASURE_BIT(column)

/* Energy units in 1e-9 Wh: 7.2e18 / 1e12. */
#define UNITS_PER_NANO_WH 7200000

/* The first n measures that a row has. */
static inline uint32_t
measures_below(const struct batch_view *batch, size_t row, int n)
{
    uint32_t has = 0;
    for (int c = 0; c < n; c++)
        has |= batch->columns[c] != NULL ? HAS(c) : 0;
    return batch->presence != NULL ? has & batch->presence[row] : has;
}

unsigned
reading_columns(const struct batch_view *batch, size_t row)
{
    return measures_below(batch, row, MEASURE_N_SUMMED);
}

uint32_t
reading_measures(const struct batch_view *batch, size_t row)
{
    return measures_below(batch, row, MEASURE_N);
}

int64_t
reading_nano(const struct batch_view *batch, int column, size_t row)
{
    int64_t unit = decimal_power_of_ten(9 - batch->decimals[column]);
    return batch->columns[column][row] * unit;
}

int128
reading_units(const struct batch_view *batch, int measure, size_t row)
{
    int64_t unit = decimal_power_of_ten(9 - batch->decimals[measure]);
    return (int128)batch->columns[measure][row] * unit * UNITS_PER_NANO_WH;
}

int64_t
reading_span_ms(const struct batch_view *batch, size_t row)
{
    const int64_t nano_a_ms = DECIMAL_ONE / 1000;
    return (reading_nano(batch, WATTLE_SPAN, row) + nano_a_ms / 2) / nano_a_ms;
}

static void
set_efficiency(struct reading *reading, const struct batch_view *batch,
               size_t row, struct rating rating)
{
    int64_t factor = reading_nano(batch, WATTLE_POWER_FACTOR, row);
    int64_t current = reading_nano(batch, WATTLE_CURRENT, row);
    const int64_t milli = DECIMAL_ONE / 1000;
    bool on_grid =
        factor % milli == 0 && current % milli == 0 && !rating.no_cache;
    reading->has_efficiency = true;
    reading->is_milli = factor % milli == 0 && !rating.is_fine;
    if (rating.is_fine) {
        reading->efficiency = efficiency_fine(factor, current, rating.no_cache);
    } else if (on_grid) {
        reading->efficiency =
            efficiency_milli(efficiency_factor_memo(factor / milli),
                             efficiency_relief_memo(current / milli));
    } else if (reading->is_milli) {
        reading->efficiency = efficiency_milli(
            efficiency_factor(factor / milli), efficiency_relief(current));
    } else {
        uint64_t product = efficiency_product(efficiency_shape(factor),
                                              efficiency_load(current));
        reading->efficiency = (int128)factor * (int64_t)product;
    }
}

static void
set_power(struct reading *reading, const struct batch_view *batch, size_t row,
          unsigned has)
{
    const unsigned product =
        HAS(WATTLE_VOLTAGE) | HAS(WATTLE_CURRENT) | HAS(WATTLE_POWER_FACTOR);
    *reading = (struct reading){
        .point = {.time_ms = batch->time_ms[row], .nw = TOTALS_NO_POWER}};
    if ((has & HAS(WATTLE_POWER)) != 0) {
        power_from_watts(&reading->point, batch->columns[WATTLE_POWER][row],
                         batch->decimals[WATTLE_POWER]);
    } else if ((has & product) == product) {
        power_from_product(&reading->point,
                           reading_nano(batch, WATTLE_VOLTAGE, row),
                           reading_nano(batch, WATTLE_CURRENT, row),
                           reading_nano(batch, WATTLE_POWER_FACTOR, row));
    } else if ((has & HAS(WATTLE_ENERGY)) != 0) {
        reading->has_energy = true;
        reading->energy = reading_units(batch, WATTLE_ENERGY, row);
    }
}

void
reading_from_row(struct reading *reading, const struct batch_view *batch,
                 size_t row, struct rating rating)
{
    const unsigned rated = HAS(WATTLE_CURRENT) | HAS(WATTLE_POWER_FACTOR);
    unsigned has = reading_columns(batch, row);
    set_power(reading, batch, row, has);
    if ((has & rated) == rated)
        set_efficiency(reading, batch, row, rating);
}

void
reading_power_from_row(struct reading *reading, const struct batch_view *batch,
                       size_t row)
{
    set_power(reading, batch, row, reading_columns(batch, row));
}
