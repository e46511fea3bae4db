/*
 * report_tables.c - which columns the lists of a report have.
 *
 * A figure of devices, locations and the whole report is one line of FIGURES:
 * the CSV, and every list and object of the JSON, then have it.
 */
#include "output/report_tables.h"

#include <assert.h>

/* The structures that a row's values are in. */
enum part { PART_FIGURES, PART_ITEM, PART_COUNT, N_PARTS };

#define FIGURE(type, name, member)                                             \
    {                                                                          \
        name, name, type, 0, PART_FIGURES,                                     \
            offsetof(struct wattle_figures, member)                            \
    }
#define ITEM(type, name, structure, member)                                    \
    {                                                                          \
        name, name, type, 0, PART_ITEM, offsetof(struct structure, member)     \
    }

/* A count of a row that no structure has as uint64_t. */
#define COUNT(name)                                                            \
    {                                                                          \
        name, name, VALUE_COUNT, 0, PART_COUNT, 0                              \
    }

#define FIGURES                                                                \
    FIGURE(VALUE_REAL, "energy_kwh", energy_kwh),                              \
        FIGURE(VALUE_REAL, "imported_kwh", imported_kwh),                      \
        FIGURE(VALUE_REAL, "returned_kwh", returned_kwh),                      \
        FIGURE(VALUE_REAL, "cost", cost),                                      \
        FIGURE(VALUE_REAL, "monthly_cost", monthly_cost),                      \
        FIGURE(VALUE_REAL, "mean_power_w", mean_power_w),                      \
        FIGURE(VALUE_REAL, "reading_mean_w", reading_mean_w),                  \
        FIGURE(VALUE_REAL, "min_power_w", min_power_w),                        \
        FIGURE(VALUE_REAL, "max_power_w", max_power_w),                        \
        FIGURE(VALUE_REAL, "efficiency", efficiency),                          \
        FIGURE(VALUE_REAL, "estimated_kwh", estimated_kwh)

#define GAPS                                                                   \
    FIGURE(VALUE_COUNT, "gaps", n_gaps),                                       \
        FIGURE(VALUE_REAL, "gap_hours", gap_hours)

static const struct result_column device_columns[] = {
    ITEM(VALUE_TEXT, "device_id", wattle_device_result, id),
    ITEM(VALUE_TEXT, "name", wattle_device_result, name),
    ITEM(VALUE_TEXT, "location", wattle_device_result, location),
    FIGURE(VALUE_COUNT, "readings", n_readings),
    FIGURES,
    FIGURE(VALUE_TIME, "first", first_ms),
    FIGURE(VALUE_TIME, "last", last_ms),
    GAPS,
    ITEM(VALUE_REAL, "rated_w", wattle_device_result, rated_w),
    ITEM(VALUE_REAL, "peak_over_rating", wattle_device_result,
         peak_over_rating),
};

_Static_assert(sizeof(device_columns) / sizeof(device_columns[0]) <=
                   REPORT_MAX_COLUMNS,
               "a row has room for all columns");

static const struct result_column location_columns[] = {
    ITEM(VALUE_TEXT, "location", wattle_location_result, location),
    ITEM(VALUE_COUNT, "devices", wattle_location_result, n_devices),
    FIGURE(VALUE_COUNT, "readings", n_readings),
    FIGURES,
    GAPS,
};

static const struct result_column hour_columns[] = {
    COUNT("hour"),
    ITEM(VALUE_REAL, "reading_mean_w", wattle_hour_result, reading_mean_w),
    ITEM(VALUE_REAL, "energy_kwh", wattle_hour_result, energy_kwh),
};

static const struct result_column day_columns[] = {
    ITEM(VALUE_DAY, "day", wattle_day_result, day),
    ITEM(VALUE_REAL, "energy_kwh", wattle_day_result, energy_kwh),
};

static const struct result_column finding_columns[] = {
    {"kind", "kind", VALUE_TEXT, 0, PART_COUNT, 0},
    ITEM(VALUE_TEXT, "device_id", wattle_finding, device_id),
    ITEM(VALUE_TEXT, "name", wattle_finding, name),
    ITEM(VALUE_TEXT, "location", wattle_finding, location),
    ITEM(VALUE_TIME, "since", wattle_finding, since_ms),
    ITEM(VALUE_REAL, "value", wattle_finding, value),
};

static const struct result_column reject_columns[] = {
    ITEM(VALUE_TEXT, "file", wattle_reject, path),
    ITEM(VALUE_COUNT, "line", wattle_reject, line),
    {"reason", "reason", VALUE_TEXT, 0, PART_COUNT, 0},
};

static const struct result_column skipped_columns[] = {
    ITEM(VALUE_TEXT, "file", wattle_skipped_file, path),
    ITEM(VALUE_TEXT, "reason", wattle_skipped_file, reason),
};

const struct result_column report_figures[] = {FIGURES};
const size_t report_n_figures =
    sizeof(report_figures) / sizeof(report_figures[0]);

struct list_columns {
    const struct result_column *columns;
    size_t n;
};

#define LIST(columns)                                                          \
    {                                                                          \
        columns, sizeof(columns) / sizeof((columns)[0])                        \
    }

static const struct list_columns lists[REPORT_N_LISTS] = {
    [REPORT_DEVICES] = LIST(device_columns),
    [REPORT_LOCATIONS] = LIST(location_columns),
    [REPORT_HOURS] = LIST(hour_columns),
    [REPORT_DAYS] = LIST(day_columns),
    [REPORT_FINDINGS] = LIST(finding_columns),
    [REPORT_FIRST_REJECTS] = LIST(reject_columns),
    [REPORT_SKIPPED_FILES] = LIST(skipped_columns),
};

/* Where the values of a row are. */
struct row_parts {
    const void *at[N_PARTS];
    union {
        uint64_t count;
        const char *text;
    };
};

static void
find_parts(const struct report_table *t, size_t row, struct row_parts *parts)
{
    const struct wattle_report_result *r = t->result;
    parts->count = row;
    parts->at[PART_COUNT] = &parts->count;
    switch (t->list) {
    case REPORT_DEVICES:
        parts->at[PART_ITEM] = r->devices[row];
        parts->at[PART_FIGURES] = r->devices[row]->figures;
        break;
    case REPORT_LOCATIONS:
        parts->at[PART_ITEM] = r->locations[row];
        parts->at[PART_FIGURES] = r->locations[row]->figures;
        break;
    case REPORT_HOURS:
        parts->at[PART_ITEM] = r->hours[row];
        break;
    case REPORT_DAYS:
        parts->at[PART_ITEM] = r->days[row];
        break;
    case REPORT_FINDINGS:
        parts->at[PART_ITEM] = r->findings[row];
        parts->text = wattle_finding_text(r->findings[row]->kind);
        break;
    case REPORT_FIRST_REJECTS:
        parts->at[PART_ITEM] = r->first_rejects[row];
        parts->text = wattle_reason_text(r->first_rejects[row]->reason);
        break;
    default:
        parts->at[PART_ITEM] = r->skipped_files[row];
    }
}

static size_t
count_rows(const struct wattle_report_result *r, enum report_list list)
{
    switch (list) {
    case REPORT_DEVICES:
        return r->n_listed;
    case REPORT_LOCATIONS:
        return r->n_locations;
    case REPORT_HOURS:
        return r->n_hours;
    case REPORT_DAYS:
        return r->n_days;
    case REPORT_FINDINGS:
        return r->n_findings;
    case REPORT_FIRST_REJECTS:
        return r->n_first_rejects;
    default:
        return r->n_skipped_files;
    }
}

static int
next_row(void *self, const struct result_value **row,
         struct wattle_error *error)
{
    struct report_table *t = self;
    struct row_parts parts;
    (void)error;
    *row = NULL;
    if (t->next_row == t->n_rows)
        return WATTLE_OK;
    find_parts(t, t->next_row++, &parts);
    for (size_t i = 0; i < t->base.n_columns; i++)
        t->row[i] = result_value_of(&t->base.columns[i], parts.at);
    *row = t->row;
    return WATTLE_OK;
}

void
report_table_init(struct report_table *table, enum report_list list,
                  const struct wattle_report_result *result)
{
    assert(list < REPORT_N_LISTS && lists[list].n <= REPORT_MAX_COLUMNS);
    table->base = (struct result_table){lists[list].columns, lists[list].n,
                                        next_row, table};
    table->result = result;
    table->list = list;
    table->n_rows = count_rows(result, list);
    table->next_row = 0;
}
