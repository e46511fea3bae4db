/*
 * query_columns.c - figures by name; a raw reading has other names, such that
 * its CSV can be read as readings.
 */
#include "report/query_columns.h"

#include <math.h>
#include <string.h>

/* A column and the bit of enum wattle_query_what it belongs to; 0 = cost. */
struct entry {
    unsigned what;
    struct query_column column;
};

#define FIGURE(name) offsetof(struct wattle_query_figures, name)

static const struct entry of_buckets[] = {
    {WATTLE_QUERY_ENERGY, {"energy_kwh", "kWh", 3, FIGURE(energy_kwh)}},
    {0, {"cost", "Cost", 2, FIGURE(cost)}},
    {WATTLE_QUERY_POWER, {"mean_power_w", "Mean W", 1, FIGURE(mean_power_w)}},
    {WATTLE_QUERY_POWER, {"min_power_w", "Min W", 1, FIGURE(min_power_w)}},
    {WATTLE_QUERY_POWER, {"max_power_w", "Max W", 1, FIGURE(max_power_w)}},
    {WATTLE_QUERY_VOLTAGE, {"voltage_v", "Volt", 1, FIGURE(voltage_v)}},
    {WATTLE_QUERY_CURRENT, {"current_a", "Ampere", 3, FIGURE(current_a)}},
    {WATTLE_QUERY_POWER_FACTOR,
     {"power_factor", "Factor", 3, FIGURE(power_factor)}},
    {WATTLE_QUERY_EFFICIENCY, {"efficiency", "Effic.", 4, FIGURE(efficiency)}},
};

static const struct entry of_readings[] = {
    {WATTLE_QUERY_VOLTAGE, {"voltage", "Volt", 1, FIGURE(voltage_v)}},
    {WATTLE_QUERY_CURRENT, {"current_a", "Ampere", 3, FIGURE(current_a)}},
    {WATTLE_QUERY_POWER_FACTOR,
     {"power_factor", "Factor", 3, FIGURE(power_factor)}},
    {WATTLE_QUERY_POWER, {"power_w", "Watt", 1, FIGURE(mean_power_w)}},
    {WATTLE_QUERY_ENERGY, {"energy_wh", "Wh", 1, FIGURE(energy_wh)}},
    {0, {"cost", "Cost", 2, FIGURE(cost)}},
    {WATTLE_QUERY_EFFICIENCY, {"efficiency", "Effic.", 4, FIGURE(efficiency)}},
};

size_t
query_columns_of(const struct wattle_query *query,
                 struct query_column columns[QUERY_MAX_COLUMNS])
{
    const struct wattle_query_options *o = wattle_query_options_of(query);
    const struct entry *entries = o->is_raw ? of_readings : of_buckets;
    size_t n_entries = o->is_raw ? sizeof(of_readings) / sizeof(*of_readings)
                                 : sizeof(of_buckets) / sizeof(*of_buckets);
    size_t n = 0;
    for (size_t i = 0; i < n_entries; i++) {
        unsigned what = entries[i].what;
        bool is_wanted =
            what != 0 ? (o->what & what) != 0 : !isnan(o->rate_per_kwh);
        if (is_wanted)
            columns[n++] = entries[i].column;
    }
    return n;
}

double
query_columns_value(const struct query_column *column,
                    const struct wattle_query_row *row)
{
    double value;
    memcpy(&value, (const char *)row->figures + column->offset, sizeof(value));
    return value;
}
