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
    bool is_milli;     /* the factor is a whole number of thousandths */
    int128 efficiency; /* in 2^-56 or 1e-9 * 2^-60, as is_milli says */
    int128 energy;     /* units, when the reading gives energy */
    bool has_energy;
};

/* Columns of a row, as bits (1 << enum wattle_measure). */
unsigned reading_columns(const struct batch_view *batch, size_t row);

/* A row's value of a column that it has, in 1e-9; not of the energy. */
int64_t reading_nano(const struct batch_view *batch, int column, size_t row);

/* A row's energy, which it has, in the units of struct reading. */
int128 reading_energy(const struct batch_view *batch, size_t row);

/* Reads a row; no_cache leaves the tables of efficiencies alone. */
void reading_from_row(struct reading *reading, const struct batch_view *batch,
                      size_t row, bool no_cache);

/* The same without the efficiency. */
void reading_power_from_row(struct reading *reading,
                            const struct batch_view *batch, size_t row);

#endif
