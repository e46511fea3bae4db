/*
 * csv_dialect.c - dialects of CSV, the most particular ones first.
 *
 * A program's CSV is one entry here: its header names, their units, how its
 * times look. Nothing else in the decoder knows a program by name.
 */
#include "formats/csv_dialect.h"

const struct csv_dialect csv_dialects[] = {
    {
        .name = "wattle",
        .title = "readings with common column names",
        .rules =
            {
                {"timestamp", ROLE_TIME},
                {"time", ROLE_TIME},
                {"datetime", ROLE_TIME},
                {"date", ROLE_TIME},
                {"device_id", ROLE_DEVICE},
                {"device", ROLE_DEVICE},
                {"id", ROLE_DEVICE},
                {"entity_id", ROLE_DEVICE},
                {"meter", ROLE_DEVICE},
                {"voltage", ROLE_VOLTAGE},
                {"volts", ROLE_VOLTAGE},
                {"current", ROLE_CURRENT},
                {"amps", ROLE_CURRENT},
                {"current_a", ROLE_CURRENT},
                {"power_factor", ROLE_POWER_FACTOR},
                {"pf", ROLE_POWER_FACTOR},
                {"powerfactor", ROLE_POWER_FACTOR},
                {"power", ROLE_POWER},
                {"power_w", ROLE_POWER},
                {"watts", ROLE_POWER},
                {"energy_wh", ROLE_ENERGY},
                {"value", ROLE_VALUE},
            },
    },
};

const size_t csv_n_dialects = sizeof(csv_dialects) / sizeof(csv_dialects[0]);
