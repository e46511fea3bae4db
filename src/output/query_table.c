/*
 * query_table.c - which columns the rows of a query have.
 *
 * Figures are listed twice: those of a bucket, and those of a raw reading,
 * whose names are such that its CSV can be read as readings. CSV identifies a
 * row by the device's id, JSON also by its name and location.
 */
#include "output/query_table.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* A column and the bit of enum wattle_query_field it belongs to; 0 = cost. */
struct figure {
    unsigned fields;
    struct result_column column;
};

#define FIGURE(fields, name, heading, places, member)                          \
    {                                                                          \
        fields,                                                                \
        {                                                                      \
            name, heading, VALUE_REAL, places, QUERY_PART_FIGURES,             \
                offsetof(struct wattle_query_figures, member)                  \
        }                                                                      \
    }

static const struct figure of_buckets[] = {
    FIGURE(WATTLE_QUERY_ENERGY, "energy_kwh", "kWh", 3, energy_kwh),
    FIGURE(WATTLE_QUERY_IMPORTED, "imported_kwh", "Imported", 3, imported_kwh),
    FIGURE(WATTLE_QUERY_RETURNED, "returned_kwh", "Returned", 3, returned_kwh),
    FIGURE(0, "cost", "Cost", 2, cost),
    FIGURE(WATTLE_QUERY_POWER, "mean_power_w", "Mean W", 1, mean_power_w),
    FIGURE(WATTLE_QUERY_READING_MEAN, "reading_mean_w", "Read. W", 1,
           reading_mean_w),
    FIGURE(WATTLE_QUERY_POWER, "min_power_w", "Min W", 1, min_power_w),
    FIGURE(WATTLE_QUERY_POWER, "max_power_w", "Max W", 1, max_power_w),
    FIGURE(WATTLE_QUERY_VOLTAGE, "voltage_v", "Volt", 1, voltage_v),
    FIGURE(WATTLE_QUERY_CURRENT, "current_a", "Ampere", 3, current_a),
    FIGURE(WATTLE_QUERY_POWER_FACTOR, "power_factor", "Factor", 3,
           power_factor),
    FIGURE(WATTLE_QUERY_EFFICIENCY, "efficiency", "Effic.", 4, efficiency),
};

static const struct figure of_readings[] = {
    FIGURE(WATTLE_QUERY_VOLTAGE, "voltage_v", "Volt", 1, voltage_v),
    FIGURE(WATTLE_QUERY_CURRENT, "current_a", "Ampere", 3, current_a),
    FIGURE(WATTLE_QUERY_POWER_FACTOR, "power_factor", "Factor", 3,
           power_factor),
    FIGURE(WATTLE_QUERY_POWER, "power_w", "Watt", 1, mean_power_w),
    FIGURE(WATTLE_QUERY_ENERGY, "energy_wh", "Wh", 1, energy_wh),
    FIGURE(WATTLE_QUERY_METERS, "energy_returned_wh", "Ret. Wh", 1,
           energy_returned_wh),
    FIGURE(WATTLE_QUERY_METERS, "energy_total_wh", "Total Wh", 1,
           energy_total_wh),
    FIGURE(WATTLE_QUERY_METERS, "energy_returned_total_wh", "Ret. total", 1,
           energy_returned_total_wh),
    FIGURE(0, "cost", "Cost", 2, cost),
    FIGURE(WATTLE_QUERY_EFFICIENCY, "efficiency", "Effic.", 4, efficiency),
};

_Static_assert(sizeof(of_buckets) / sizeof(of_buckets[0]) <= QUERY_MAX_FIGURES,
               "a row has room for all figures");

size_t
query_table_figures(const struct wattle_query_options *options,
                    struct result_column columns[QUERY_MAX_FIGURES])
{
    const struct figure *figures = options->is_raw ? of_readings : of_buckets;
    size_t n_figures = options->is_raw
                           ? sizeof(of_readings) / sizeof(of_readings[0])
                           : sizeof(of_buckets) / sizeof(of_buckets[0]);
    size_t n = 0;
    assert(n_figures <= QUERY_MAX_FIGURES);
    for (size_t i = 0; i < n_figures; i++) {
        unsigned fields = figures[i].fields;
        bool is_wanted = fields != 0 ? (options->fields & fields) != 0
                                     : !isnan(options->rate_per_kwh);
        if (is_wanted)
            columns[n++] = figures[i].column;
    }
    return n;
}

double
query_table_figure(const struct result_column *column,
                   const struct wattle_query_row *row)
{
    double value;
    memcpy(&value, (const char *)row->figures + column->offset, sizeof(value));
    return value;
}

/* ---- the table ------------------------------------------------------------
 */

struct query_table {
    struct result_table base;
    const struct query_source *source;
    struct result_column columns[QUERY_MAX_COLUMNS];
    struct result_value row[QUERY_MAX_COLUMNS];
};

static int
next_row(void *self, const struct result_value **values,
         struct wattle_error *error)
{
    struct query_table *t = self;
    const struct wattle_query_row *row;
    *values = NULL;
    int status = t->source->next(t->source->self, &row, error);
    if (status != WATTLE_OK || row == NULL)
        return status;
    const void *const parts[] = {row, row->figures};
    for (size_t i = 0; i < t->base.n_columns; i++)
        t->row[i] = result_value_of(&t->columns[i], parts);
    *values = t->row;
    return WATTLE_OK;
}

static void
add_member(struct query_table *t, const char *name, enum value_type type,
           size_t offset)
{
    t->columns[t->base.n_columns++] =
        (struct result_column){name, name, type, 0, QUERY_PART_ROW, offset};
}

#define ROW(member) offsetof(struct wattle_query_row, member)

static void
add_figures(struct query_table *t)
{
    const struct wattle_query_options *o = t->source->options;
    if (!o->is_raw)
        t->columns[t->base.n_columns++] = (struct result_column){
            "readings",
            "readings",
            VALUE_COUNT,
            0,
            QUERY_PART_FIGURES,
            offsetof(struct wattle_query_figures, n_readings)};
    t->base.n_columns += query_table_figures(o, t->columns + t->base.n_columns);
    assert(t->base.n_columns <= QUERY_MAX_COLUMNS);
}

static void
begin(struct query_table *t, const struct query_source *source)
{
    t->base = (struct result_table){t->columns, 0, next_row, t};
    t->source = source;
}

static void
begin_csv(struct query_table *t, const struct query_source *source)
{
    const struct wattle_query_options *o = source->options;
    begin(t, source);
    if (!o->is_raw && !o->is_total)
        add_member(t, "device_id", VALUE_TEXT, ROW(device_id));
    add_member(t, o->is_raw ? "timestamp" : "start", VALUE_TIME, ROW(start_ms));
    if (o->is_raw)
        add_member(t, "device_id", VALUE_TEXT, ROW(device_id));
    add_figures(t);
}

static void
begin_json(struct query_table *t, const struct query_source *source)
{
    const struct wattle_query_options *o = source->options;
    begin(t, source);
    if (!o->is_total) {
        add_member(t, "device_id", VALUE_TEXT, ROW(device_id));
        add_member(t, "name", VALUE_TEXT, ROW(name));
        add_member(t, "location", VALUE_TEXT, ROW(location));
    }
    add_member(t, o->is_raw ? "timestamp" : "start", VALUE_TIME, ROW(start_ms));
    add_figures(t);
}

/* ---- formats --------------------------------------------------------------
 */

int
query_csv_write(const struct query_source *source,
                const struct wattle_writer *to, uint64_t *n_rows,
                struct wattle_error *error)
{
    struct query_table table;
    struct text_out out;
    text_out_init(&out, to);
    out.zone = source->options->zone;
    begin_csv(&table, source);
    int status = table_csv_write(&out, &table.base, n_rows, error);
    return result_write_end(&out, status, error);
}

static void
put_member(struct text_out *out, const char *key, enum value_type type,
           int64_t integer)
{
    const struct result_value value = {.type = type, .integer = integer};
    text_out_json(out, key);
    text_out_byte(out, ':');
    table_json_value(out, &value);
    text_out_byte(out, ',');
}

/* What was asked for, before the rows. */
static void
put_json_head(struct text_out *out, const struct query_source *source)
{
    const struct wattle_query_options *o = source->options;
    text_out_byte(out, '{');
    put_member(out, "devices", VALUE_COUNT, (int64_t)source->n_devices);
    put_member(out, "since", VALUE_TIME, o->since_ms);
    put_member(out, "until", VALUE_TIME, o->until_ms);
    put_member(out, "bucket_ms", o->bucket_ms > 0 ? VALUE_COUNT : VALUE_NONE,
               o->bucket_ms);
    put_member(out, "bucket_months",
               o->bucket_months > 0 ? VALUE_COUNT : VALUE_NONE,
               o->bucket_months);
    text_out_text(out, "\"zone\":");
    text_out_json(out, wattle_zone_name(o->zone));
    text_out_text(out, ",\"rows\":");
}

int
query_json_write(const struct query_source *source,
                 const struct wattle_writer *to, uint64_t *n_rows,
                 struct wattle_error *error)
{
    struct query_table table;
    struct text_out out;
    text_out_init(&out, to);
    out.zone = source->options->zone;
    begin_json(&table, source);
    put_json_head(&out, source);
    int status = table_json_write(&out, &table.base, true, n_rows, error);
    if (status == WATTLE_OK)
        text_out_text(&out, "}\n");
    return result_write_end(&out, status, error);
}
