/*
 * csv_dialect.c - the table of dialects.
 *
 * A program's CSV is one entry here. Nothing else in the decoder knows a
 * program by name. tests/unit/test_csv_dialects.c has a table of its own in
 * place of this file: nothing but the table may be defined here.
 */
#include "formats/csv_dialect.h"

/* Common names; those of measures, which `wattle export` writes, come on top.
 */
static const struct csv_rule common[] = {
    {"timestamp", ROLE_TIME, 0},
    {"time", ROLE_TIME, 0},
    {"datetime", ROLE_TIME, 0},
    {"date", ROLE_TIME, 0},
    {"device_id", ROLE_DEVICE, 0},
    {"device", ROLE_DEVICE, 0},
    {"id", ROLE_DEVICE, 0},
    {"entity_id", ROLE_DEVICE, 0},
    {"meter", ROLE_DEVICE, 0},
    {"voltage", ROLE_VOLTAGE, 0},
    {"voltage_v", ROLE_VOLTAGE, 0},
    {"volts", ROLE_VOLTAGE, 0},
    {"current", ROLE_CURRENT, 0},
    {"amps", ROLE_CURRENT, 0},
    {"current_a", ROLE_CURRENT, 0},
    {"power_factor", ROLE_POWER_FACTOR, 0},
    {"pf", ROLE_POWER_FACTOR, 0},
    {"powerfactor", ROLE_POWER_FACTOR, 0},
    {"power", ROLE_POWER, 0},
    {"power_w", ROLE_POWER, 0},
    {"watts", ROLE_POWER, 0},
    {"energy_wh", ROLE_ENERGY, 0},
    {"power_kw", ROLE_POWER, 3},
    {"energy_kwh", ROLE_ENERGY, 3},
    {"energy_returned_kwh", ROLE_MEASURES + WATTLE_ENERGY_RETURNED, 3},
    {"energy_total_kwh", ROLE_MEASURES + WATTLE_ENERGY_TOTAL, 3},
    {"energy_returned_total_kwh", ROLE_MEASURES + WATTLE_ENERGY_RETURNED_TOTAL,
     3},
    {"value", ROLE_VALUE, 0},
    {"unit", ROLE_UNIT, 0},
    {"units", ROLE_UNIT, 0},
    {"unit_of_measurement", ROLE_UNIT, 0},
    {NULL, ROLE_NONE, 0},
};

const struct csv_dialect csv_dialects[] = {
    {
        /* readings with common column names, and what wattle exports */
        .delimiter = ',',
        .decimal = '.',
        .has_measures = true,
        .rules = common,
    },
};

const size_t csv_n_dialects = sizeof(csv_dialects) / sizeof(csv_dialects[0]);
