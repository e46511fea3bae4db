/*
 * report_text.c - a report for a person at a terminal: what matters first, in
 * 80 columns.
 *
 * It is laid out for a width in columns and may show fewer digits than there
 * are; data formats have them all.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/number_text.h"
#include "output/report_output.h"
#include "output/text_canvas.h"

#define LABEL_WIDTH 12

static void
label(const struct text_canvas *c, const char *text)
{
    text_canvas_colour(c, TEXT_DIM);
    text_out_printf(c->out, "  %-*s", LABEL_WIDTH, text);
    text_canvas_colour(c, TEXT_PLAIN);
}

/* Decimals that a table of numbers up to `most` needs to tell them apart. */
static int
places_for(double most)
{
    return most >= 100 ? 1 : most >= 10 ? 2 : 3;
}

static const char *
counted(uint64_t value, char text[NUMBER_TEXT_SIZE])
{
    number_text_count(value, text);
    return text;
}

static const char *
plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* 2023-10-01 08:00, without seconds. */
static void
put_minute(const struct text_canvas *c, int64_t time_ms)
{
    char text[CIVIL_TEXT_SIZE];
    civil_format(time_ms, text);
    text[10] = ' ';
    text[16] = '\0';
    text_out_text(c->out, text);
}

static void
put_period(const struct text_canvas *c, const struct wattle_figures *f)
{
    char text[NUMBER_TEXT_SIZE];
    label(c, "Period");
    if (f->first_ms == WATTLE_NO_TIME) {
        text_out_text(c->out, "no readings\n");
        return;
    }
    put_minute(c, f->first_ms);
    text_out_text(c->out, " to ");
    put_minute(c, f->last_ms);
    double hours = (double)(f->last_ms - f->first_ms) / CIVIL_MS_PER_HOUR;
    if (hours < 2)
        text_out_printf(c->out, " UTC (%s minutes)\n",
                        text_canvas_number(hours * 60, 0, text));
    else if (hours < 48)
        text_out_printf(c->out, " UTC (%s hours)\n",
                        text_canvas_number(hours, 1, text));
    else
        text_out_printf(
            c->out, " UTC (%s days)\n",
            text_canvas_number(hours / 24, hours < 240 ? 1 : 0, text));
}

static void
put_counts(const struct text_canvas *c, const struct wattle_report_result *a)
{
    char text[NUMBER_TEXT_SIZE];
    label(c, "Readings");
    text_out_printf(c->out, "%s of ", counted(a->figures->n_readings, text));
    text_out_printf(c->out, "%s device%s", counted(a->n_devices, text),
                    plural(a->n_devices));
    if (a->n_files > 0)
        text_out_printf(c->out, " in %s file%s", counted(a->n_files, text),
                        plural(a->n_files));
    text_out_byte(c->out, '\n');
}

static void
put_powers(const struct text_canvas *c, const struct wattle_report_result *a)
{
    const struct wattle_figures *f = a->figures;
    char text[NUMBER_TEXT_SIZE];
    label(c, "Mean power");
    text_out_text(c->out, text_canvas_number(f->mean_power_w, 1, text));
    if (!isnan(f->mean_power_w))
        text_out_printf(c->out, " W%s",
                        a->n_devices > 1 ? ", all devices together" : "");
    if (!isnan(f->min_power_w)) {
        text_out_printf(c->out, " (readings from %s ",
                        text_canvas_number(f->min_power_w, 1, text));
        text_out_printf(c->out, "to %s W)",
                        text_canvas_number(f->max_power_w, 1, text));
    }
    text_out_byte(c->out, '\n');
}

static void
put_costs(const struct text_canvas *c, const struct wattle_report_result *a)
{
    char text[NUMBER_TEXT_SIZE];
    double energy_kwh = a->figures->energy_kwh;
    label(c, "Energy");
    text_out_printf(
        c->out, "%s kWh",
        text_canvas_number(energy_kwh, places_for(energy_kwh), text));
    if (a->figures->returned_kwh > 0) {
        double imported_kwh = a->figures->imported_kwh;
        double returned_kwh = a->figures->returned_kwh;
        text_out_printf(
            c->out, ": %s imported, ",
            text_canvas_number(imported_kwh, places_for(imported_kwh), text));
        text_out_printf(
            c->out, "%s returned",
            text_canvas_number(returned_kwh, places_for(returned_kwh), text));
    }
    text_out_byte(c->out, '\n');
    label(c, "Cost");
    text_out_text(c->out, text_canvas_number(a->figures->cost, 2, text));
    number_text_exact(a->rate_per_kwh, text);
    text_out_printf(c->out, " at %s per kWh", text);
    if (a->figures->returned_kwh > 0) {
        number_text_exact(a->return_rate_per_kwh, text);
        text_out_printf(c->out, ", %s for a returned one", text);
    }
    text_out_byte(c->out, '\n');
    label(c, "A month");
    text_out_printf(
        c->out, "%s%s\n", text_canvas_number(a->figures->monthly_cost, 2, text),
        isnan(a->figures->monthly_cost) ? "" : " (30 days of the mean power)");
    if (isnan(a->budget))
        return;
    label(c, "Budget");
    double left = a->budget - a->figures->monthly_cost;
    text_out_printf(c->out, "%s a month",
                    text_canvas_number(a->budget, 2, text));
    if (isnan(left)) {
        text_out_text(c->out, ", nothing to compare with\n");
        return;
    }
    text_out_text(c->out, ": ");
    text_canvas_colour(c, a->is_over_budget ? TEXT_BAD : TEXT_PLAIN);
    text_out_printf(c->out, "%s %s\n", text_canvas_number(fabs(left), 2, text),
                    a->is_over_budget ? "over" : "under");
    text_canvas_colour(c, TEXT_PLAIN);
}

static int
compare_energy(const void *x, const void *y)
{
    const struct wattle_device_result *a =
        *(const struct wattle_device_result *const *)x;
    const struct wattle_device_result *b =
        *(const struct wattle_device_result *const *)y;
    double p = a->figures->energy_kwh, q = b->figures->energy_kwh;
    if (p != q)
        return p < q ? 1 : -1;
    return strcmp(a->id, b->id);
}

static int
widest(const struct wattle_device_result *const *devices, size_t n,
       const char *(*text_of)(const struct wattle_device_result *), int most)
{
    int width = 0;
    for (size_t i = 0; i < n; i++) {
        const char *text = text_of(devices[i]);
        int columns = text != NULL ? text_canvas_columns(text) : 0;
        width = columns > width ? columns : width;
    }
    return width < most ? width : most;
}

static const char *
id_of(const struct wattle_device_result *d)
{
    return d->id;
}

static const char *
name_of(const struct wattle_device_result *d)
{
    return d->name;
}

/* Widths of the columns of the list of devices. */
struct top_table {
    int id_width, name_width, energy_width, cost_width;
    int energy_places;
    double most_kwh;
};

static int
widest_number(const struct wattle_device_result *const *devices, size_t n,
              int places, bool is_cost)
{
    char text[NUMBER_TEXT_SIZE];
    int width = 0;
    for (size_t i = 0; i < n; i++) {
        const struct wattle_figures *f = devices[i]->figures;
        text_canvas_number(is_cost ? f->cost : f->energy_kwh, places, text);
        int len = (int)strlen(text);
        width = len > width ? len : width;
    }
    return width;
}

static struct top_table
measure_top(const struct wattle_device_result *const *devices, size_t n,
            int width)
{
    struct top_table t = {.most_kwh = devices[0]->figures->energy_kwh};
    t.energy_places = places_for(t.most_kwh);
    t.energy_width = widest_number(devices, n, t.energy_places, false);
    t.cost_width = widest_number(devices, n, 2, true);
    t.id_width = widest(devices, n, id_of, 18);
    /* at least ten columns are left for the bars */
    int room = width - 10 - t.id_width - t.energy_width - t.cost_width - 14;
    t.name_width = widest(devices, n, name_of, room > 4 ? room : 4);
    return t;
}

static void
put_top_line(const struct text_canvas *c, const struct wattle_device_result *d,
             const struct top_table *t)
{
    char text[NUMBER_TEXT_SIZE];
    double energy_kwh = d->figures->energy_kwh;
    text_out_text(c->out, "  ");
    text_canvas_field(c, d->id, t->id_width);
    if (t->name_width > 0) {
        text_out_text(c->out, "  ");
        text_canvas_field(c, d->name != NULL ? d->name : "", t->name_width);
    }
    text_out_printf(c->out, "  %*s kWh", t->energy_width,
                    text_canvas_number(energy_kwh, t->energy_places, text));
    text_out_printf(c->out, "  %*s  ", t->cost_width,
                    text_canvas_number(d->figures->cost, 2, text));
    int used = 2 + t->id_width + (t->name_width > 0 ? t->name_width + 2 : 0) +
               2 + t->energy_width + 4 + 2 + t->cost_width + 2;
    text_canvas_bar(c, t->most_kwh > 0 ? energy_kwh / t->most_kwh : 0,
                    c->style.width - used, false);
    text_out_byte(c->out, '\n');
}

/*
 * The first `top` devices in order of energy, at the front of `order`, which
 * has room for all. For a few, each device is put where it belongs among the
 * best so far; most are behind the last.
 */
static void
order_by_energy(const struct wattle_report_result *a, size_t top,
                const struct wattle_device_result **order)
{
    const size_t few = 32;
    if (top > few) {
        for (size_t i = 0; i < a->n_devices; i++)
            order[i] = a->devices[i];
        qsort(order, a->n_devices, sizeof(struct wattle_device_result *),
              compare_energy);
        return;
    }
    for (size_t i = 0, n = 0; i < a->n_devices; i++) {
        const struct wattle_device_result *device = a->devices[i];
        size_t at = n;
        for (; at > 0 && compare_energy(&device, &order[at - 1]) < 0; at--)
            order[at] = order[at - 1]; /* behind the best there is room */
        order[at] = device;
        n += n < top ? 1 : 0;
    }
}

static int
put_top(const struct text_canvas *c, const struct wattle_report_result *a)
{
    size_t n = a->n_devices;
    size_t top = (size_t)(c->style.top > 0 ? c->style.top : 0);
    if (n == 0 || top == 0)
        return WATTLE_OK;
    const struct wattle_device_result **order =
        calloc(n, sizeof(struct wattle_device_result *));
    if (order == NULL)
        return WATTLE_ERR_MEMORY;
    top = top < n ? top : n;
    order_by_energy(a, top, order);
    struct top_table table = measure_top(order, top, c->style.width);
    text_canvas_heading(c, "Devices by energy, and their cost");
    for (size_t i = 0; i < top; i++)
        put_top_line(c, order[i], &table);
    if (top < n) {
        char text[NUMBER_TEXT_SIZE];
        text_canvas_colour(c, TEXT_DIM);
        text_out_printf(c->out, "  ... and %s more (--top N, --csv, --json)\n",
                        counted(n - top, text));
        text_canvas_colour(c, TEXT_PLAIN);
    }
    free(order);
    return WATTLE_OK;
}

static void
put_hour(const struct text_canvas *c, const struct wattle_report_result *a,
         int hour, double most, bool padded)
{
    char text[NUMBER_TEXT_SIZE];
    double energy = a->hours[hour]->energy_kwh;
    /* as wide as the largest, and the bar takes what is left */
    int number_width =
        (int)strlen(text_canvas_number(most, places_for(most), text));
    number_width = number_width > 9 ? number_width : 9;
    int width = c->style.width / 2 - 12 - number_width;
    text_out_printf(c->out, "  %02d:00 %*s ", hour, number_width,
                    text_canvas_number(energy, places_for(most), text));
    text_canvas_bar(c, most > 0 ? energy / most : 0, width, padded);
}

static void
put_hours(const struct text_canvas *c, const struct wattle_report_result *a)
{
    double most = 0;
    for (int h = 0; h < 24; h++)
        most = a->hours[h]->energy_kwh > most ? a->hours[h]->energy_kwh : most;
    if (a->n_devices == 0)
        return;
    text_canvas_heading(c, "Energy by hour of the day (kWh, UTC)");
    for (int h = 0; h < 12; h++) {
        put_hour(c, a, h, most, true);
        text_out_text(c->out, "  ");
        put_hour(c, a, h + 12, most, false);
        text_out_byte(c->out, '\n');
    }
}

/* How days are gathered into the columns of the sparkline. */
enum span { SPAN_DAY, SPAN_MONTH, SPAN_YEAR };

static int64_t
span_of(int64_t day, enum span span)
{
    int year, month, day_of_month;
    if (span == SPAN_DAY)
        return day;
    civil_date_from_day(day, &year, &month, &day_of_month);
    return span == SPAN_MONTH ? year * 12 + month - 1 : year;
}

static void
put_days(const struct text_canvas *c, const struct wattle_report_result *a)
{
    static const char *const headings[] = {"Energy by day", "Energy by month",
                                           "Energy by year"};
    enum { MOST = 256 };
    double values[MOST] = {0};
    size_t room = (size_t)(c->style.width - 4);
    if (a->n_days < 2)
        return;
    int64_t first = a->days[0]->day;
    int64_t last = a->days[a->n_days - 1]->day;
    enum span span = SPAN_DAY;
    while (span < SPAN_YEAR &&
           (uint64_t)(span_of(last, span) - span_of(first, span)) >= room)
        span++;
    size_t n = (size_t)(span_of(last, span) - span_of(first, span)) + 1;
    if (n > room || n > MOST)
        return;
    for (size_t i = 0; i < a->n_days; i++)
        values[span_of(a->days[i]->day, span) - span_of(first, span)] +=
            a->days[i]->energy_kwh;
    char text[CIVIL_TEXT_SIZE], number[NUMBER_TEXT_SIZE];
    double least = values[0], most = values[0];
    for (size_t i = 1; i < n; i++) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    text_canvas_heading(c, headings[span]);
    text_out_text(c->out, "  ");
    text_canvas_spark(c, values, n);
    civil_format_day(first, text);
    text_out_printf(c->out, "\n  %s to ", text);
    civil_format_day(last, text);
    int places = places_for(most);
    text_out_printf(c->out, "%s: from %s ", text,
                    text_canvas_number(least, places, number));
    text_out_printf(c->out, "to %s kWh\n",
                    text_canvas_number(most, places, number));
}

/* Where a rejected line stands; of a long path the end is what matters. */
static void
put_reject_line(const struct text_canvas *c, const struct wattle_reject *r)
{
    char place[64];
    int len =
        snprintf(place, sizeof(place), ":%llu: %s", (unsigned long long)r->line,
                 wattle_reason_text(r->reason));
    int room = c->style.width - 2 - LABEL_WIDTH - len;
    int columns = text_canvas_columns(r->path);
    const char *path = r->path;
    text_out_printf(c->out, "  %*s", LABEL_WIDTH, "");
    if (columns > room && room > 4) {
        path += columns - room + 3;
        while (((unsigned char)*path & 0xc0) == 0x80)
            path++;
        text_out_text(c->out, "...");
    }
    text_canvas_field(c, path, text_canvas_columns(path));
    text_out_printf(c->out, "%s\n", place);
}

static void
put_rejects(const struct text_canvas *c, const struct wattle_report_result *a)
{
    char text[NUMBER_TEXT_SIZE];
    label(c, "Rejected");
    text_out_printf(c->out, "%s of ", counted(a->n_rejects, text));
    text_out_printf(c->out, "%s lines", counted(a->n_lines, text));
    int column = 2 + LABEL_WIDTH;
    for (int r = 0; r < WATTLE_N_REASONS; r++) {
        if (a->rejects_by_reason[r] == 0)
            continue;
        counted(a->rejects_by_reason[r], text);
        int len = (int)(strlen(text) + strlen(wattle_reason_text(r))) + 3;
        /* the first reason begins a line of its own */
        if (column == 2 + LABEL_WIDTH || column + len > c->style.width) {
            text_out_printf(c->out, "\n  %*s", LABEL_WIDTH, "");
            column = 2 + LABEL_WIDTH;
        }
        text_out_printf(c->out, "%s%s %s", column > 2 + LABEL_WIDTH ? ", " : "",
                        wattle_reason_text(r), text);
        column += len;
    }
    text_out_byte(c->out, '\n');
    for (size_t i = 0; i < a->n_first_rejects; i++)
        put_reject_line(c, a->first_rejects[i]);
    if (a->n_rejects > a->n_first_rejects)
        text_out_printf(c->out, "  %*s... (--rejects FILE writes them all)\n",
                        LABEL_WIDTH, "");
}

/* A span in the largest unit that keeps it whole. */
static void
put_span(const struct text_canvas *c, double hours)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
    char text[NUMBER_TEXT_SIZE];
    double ms = nearbyint(hours * 3600000);
    size_t i = 0;
    while (i < 3 && fmod(ms, units[i].ms) != 0)
        i++;
    number_text_exact(ms / units[i].ms, text);
    text_out_printf(c->out, "%s %s", text, units[i].unit);
}

static void
put_quality(const struct text_canvas *c, const struct wattle_report_result *a)
{
    char text[NUMBER_TEXT_SIZE];
    text_canvas_heading(c, "Data quality");
    put_rejects(c, a);
    label(c, "Duplicates");
    text_out_printf(c->out, "%s replaced by a later reading\n",
                    counted(a->n_duplicates, text));
    label(c, "Gaps");
    text_out_printf(c->out, "%s longer than ",
                    counted(a->figures->n_gaps, text));
    put_span(c, a->max_gap_hours);
    text_out_printf(c->out, ", %s h in all; they add no energy\n",
                    text_canvas_number(a->figures->gap_hours, 1, text));
    if (a->n_filtered > 0) {
        label(c, "Left out");
        text_out_printf(c->out, "%s line%s, by --since, --until or --device\n",
                        counted(a->n_filtered, text), plural(a->n_filtered));
    }
    if (a->n_rounded > 0) {
        label(c, "Rounded");
        text_out_printf(c->out, "%s values with more than nine decimals\n",
                        counted(a->n_rounded, text));
    }
    if (a->n_skipped_files > 0) {
        label(c, "Skipped");
        text_out_printf(c->out, "%s file%s\n",
                        counted(a->n_skipped_files, text),
                        plural(a->n_skipped_files));
    }
    if (!isnan(a->figures->efficiency)) {
        label(c, "Efficiency");
        text_out_printf(c->out, "%s, mean of the readings\n",
                        text_canvas_number(a->figures->efficiency, 4, text));
    }
}

int
report_text_write(const struct wattle_report_result *a,
                  const struct wattle_text_style *style,
                  const struct wattle_writer *to)
{
    struct text_out out;
    struct text_canvas canvas;
    const struct text_canvas *c = &canvas;
    text_out_init(&out, to);
    int status = text_canvas_init(&canvas, &out, style, NULL);
    if (status != WATTLE_OK)
        return status;
    text_canvas_colour(c, TEXT_BOLD);
    text_out_text(&out, "Energy report\n");
    text_canvas_colour(c, TEXT_PLAIN);
    put_period(c, a->figures);
    put_counts(c, a);
    put_costs(c, a);
    put_powers(c, a);
    status = put_top(c, a);
    put_hours(c, a);
    put_days(c, a);
    put_quality(c, a);
    return status == WATTLE_OK ? text_out_finish(&out) : status;
}
