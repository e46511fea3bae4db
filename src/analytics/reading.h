/*
 * reading.h - one row of a batch as the general ways take it: its exact
 * power or energy, and its efficiency.
 */
#ifndef ANALYTICS_READING_H
#define ANALYTICS_READING_H

#include <stdbool.h>
#include <stddef.h>

#include "analytics/power.h"
#include "base/wide_int.h"
#include "model/batch_view.h"

struct reading {
    struct power_point point;
    bool has_efficiency;
    bool is_milli;     /* the efficiency is one of thousandths */
    int128 efficiency; /* in 2^-56 or 1e-9 * 2^-60, as is_milli says */
    int128 energy;     /* units, when the reading gives energy */
    bool has_energy;
};

/* Measures of a row that totals are computed from, as bits (MEASURE_BIT). */
unsigned reading_columns(const struct batch_view *batch, size_t row);

/* All measures of a row. */
uint32_t reading_measures(const struct batch_view *batch, size_t row);

/* A row's value of a column that it has, in 1e-9; not of the energy. */
int64_t reading_nano(const struct batch_view *batch, int column, size_t row);

/* An energy of a row (a measure in Wh), which it has, in units. */
int128 reading_units(const struct batch_view *batch, int measure, size_t row);

/* The span of a row, which it has, to the nearest ms. */
int64_t reading_span_ms(const struct batch_view *batch, size_t row);

/* How an efficiency is computed. */
struct rating {
    bool no_cache; /* not by tables */
    bool is_fine;  /* efficiency_fine.h, whatever the power factor */
};

/* Reads a row. */
void reading_from_row(struct reading *reading, const struct batch_view *batch,
                      size_t row, struct rating rating);

/* The same without the efficiency. */
void reading_power_from_row(struct reading *reading,
                            const struct batch_view *batch, size_t row);

#endif
