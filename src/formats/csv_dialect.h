/*
 * csv_dialect.h - the CSV files that programs write: one table.
 *
 * A dialect is how a program separates its fields, how it writes numbers, and
 * a rule for each column name that it knows: what the column is and in which
 * unit. To read another program's export is to add an entry to csv_dialect.c.
 * Of the dialects that suffice for a header, the one that knows most of its
 * columns counts, and of several such ones the first.
 */
#ifndef FORMATS_CSV_DIALECT_H
#define FORMATS_CSV_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/measure.h"

/* What a column is. */
enum csv_role {
    ROLE_TIME,
    ROLE_DEVICE,
    ROLE_VALUE,    /* power or energy, as the caller says */
    ROLE_MEASURES, /* and above: a measure of model/measure.h */
    ROLE_VOLTAGE = ROLE_MEASURES + WATTLE_VOLTAGE,
    ROLE_CURRENT = ROLE_MEASURES + WATTLE_CURRENT,
    ROLE_POWER_FACTOR = ROLE_MEASURES + WATTLE_POWER_FACTOR,
    ROLE_POWER = ROLE_MEASURES + WATTLE_POWER,
    ROLE_ENERGY = ROLE_MEASURES + WATTLE_ENERGY,
    N_ROLES = ROLE_MEASURES + MEASURE_N,
    ROLE_UNIT = N_ROLES, /* of `value`; no part of a reading */
    ROLE_NONE = 0xff
};

_Static_assert(N_ROLES < 32, "sets of roles have 32 bits");

/* Energies of any kind, as bits. */
#define ROLES_ENERGIES (MEASURE_ENERGIES << ROLE_MEASURES)

struct csv_rule {
    const char *column; /* in lower case, for any case; NULL ends the rules */
    uint8_t role;       /* enum csv_role */
    uint8_t kilo;       /* 3: in thousands of the measure's unit (kW); else 0 */
};

struct csv_dialect {
    /*
     * Between fields. A row template needs a delimiter below '0', such as ','
     * and tab; with others (';', '|') the reference parser reads every row,
     * which takes about ten times as long.
     */
    char delimiter;
    char decimal; /* '.' or ',' */
    /* Names of model/measure.c ("voltage", "energy_wh") are rules, too: false,
     * unless the program uses them as wattle does. */
    bool has_measures;
    const struct csv_rule *rules;
};

/* All dialects. */
extern const struct csv_dialect csv_dialects[];
extern const size_t csv_n_dialects;

#endif
