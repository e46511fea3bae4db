/*
 * report_text.c - a report for a person at a terminal: what matters first, in
 * 40 columns or more.
 *
 * It is laid out for a width in columns and may show fewer digits than there
 * are; data formats have them all. Its last parts are in report_text_quality.c.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/number_text.h"
#include "output/report_output.h"
#include "output/report_text_parts.h"
#include "output/text_canvas.h"

static void
put_period(const struct text_canvas *c, const struct wattle_report_result *a)
{
    const struct wattle_figures *f = a->figures;
    char first[ZONE_TEXT_SIZE], last[ZONE_TEXT_SIZE], text[NUMBER_TEXT_SIZE];
    if (f->first_ms == WATTLE_NO_TIME) {
        report_text_line(c, "Period", TEXT_PLAIN, "no readings");
        return;
    }
    double hours = (double)(f->last_ms - f->first_ms) / CIVIL_MS_PER_HOUR;
    const char *unit = hours < 2 ? "minutes" : hours < 48 ? "hours" : "days";
    if (hours < 2)
        text_canvas_number(hours * 60, 0, text);
    else if (hours < 48)
        text_canvas_number(hours, 1, text);
    else
        text_canvas_number(hours / 24, hours < 240 ? 1 : 0, text);
    report_text_line(c, "Period", TEXT_PLAIN, "%s to %s %s (%s %s)",
                     report_text_minute(c, f->first_ms, first),
                     report_text_minute(c, f->last_ms, last),
                     wattle_zone_name(a->zone), text, unit);
    if (a->is_zone_assumed)
        report_text_line(c, "Time zone", TEXT_PLAIN,
                         "%s is assumed, as times have no offset (--tz names "
                         "another)",
                         wattle_zone_name(a->zone));
}

static void
put_counts(const struct text_canvas *c, const struct wattle_report_result *a)
{
    char readings[NUMBER_TEXT_SIZE], devices[NUMBER_TEXT_SIZE];
    char files[NUMBER_TEXT_SIZE], text[64] = "";
    if (a->n_files > 0)
        snprintf(text, sizeof(text), " in %s file%s",
                 report_text_count(a->n_files, files),
                 report_text_plural(a->n_files));
    report_text_line(c, "Readings", TEXT_PLAIN, "%s of %s device%s%s",
                     report_text_count(a->figures->n_readings, readings),
                     report_text_count(a->n_devices, devices),
                     report_text_plural(a->n_devices), text);
}

static void
put_powers(const struct text_canvas *c, const struct wattle_report_result *a)
{
    const struct wattle_figures *f = a->figures;
    char mean[NUMBER_TEXT_SIZE], least[NUMBER_TEXT_SIZE];
    char most[NUMBER_TEXT_SIZE], text[128] = "";
    if (!isnan(f->min_power_w))
        snprintf(text, sizeof(text), " (readings from %s to %s W)",
                 text_canvas_number(f->min_power_w, 1, least),
                 text_canvas_number(f->max_power_w, 1, most));
    text_canvas_number(f->mean_power_w, 1, mean);
    report_text_line(c, "Mean power", TEXT_PLAIN, "%s%s%s%s", mean,
                     isnan(f->mean_power_w) ? "" : " W",
                     a->n_devices > 1 ? ", all devices together" : "", text);
}

static void
put_energy(const struct text_canvas *c, const struct wattle_figures *f)
{
    char net[NUMBER_TEXT_SIZE], imported[NUMBER_TEXT_SIZE];
    char returned[NUMBER_TEXT_SIZE], text[128] = "";
    if (f->returned_kwh > 0)
        snprintf(text, sizeof(text), ": %s imported, %s returned",
                 report_text_energy(f->imported_kwh, imported),
                 report_text_energy(f->returned_kwh, returned));
    report_text_line(c, "Energy", TEXT_PLAIN, "%s kWh%s",
                     report_text_energy(f->energy_kwh, net), text);
}

static void
put_costs(const struct text_canvas *c, const struct wattle_report_result *a)
{
    const struct wattle_figures *f = a->figures;
    char cost[NUMBER_TEXT_SIZE], month[NUMBER_TEXT_SIZE];
    char rate[NUMBER_TEXT_SIZE], back[NUMBER_TEXT_SIZE], text[128] = "";
    if (f->returned_kwh > 0)
        snprintf(text, sizeof(text), ", %s for a returned one",
                 report_text_exactly(a->return_rate_per_kwh, back));
    report_text_line(c, "Cost", TEXT_PLAIN, "%s at %s per kWh%s",
                     text_canvas_number(f->cost, 2, cost),
                     report_text_exactly(a->rate_per_kwh, rate), text);
    text_canvas_number(f->monthly_cost, 2, month);
    if (!isnan(f->monthly_cost) && f->gap_hours > f->covered_hours) {
        const double share =
            f->covered_hours / (f->covered_hours + f->gap_hours);
        report_text_line(
            c, "A month", TEXT_PLAIN,
            "%s if it went on as in the %s %% of the time that is not in "
            "gaps",
            month, text_canvas_number(100 * share, 1, text));
        return;
    }
    report_text_line(c, "A month", TEXT_PLAIN, "%s%s", month,
                     isnan(f->monthly_cost) ? ""
                                            : " (30 days of the mean power)");
}

static void
put_budget(const struct text_canvas *c, const struct wattle_report_result *a)
{
    char limit[NUMBER_TEXT_SIZE], rest[NUMBER_TEXT_SIZE];
    const double left = a->budget - a->figures->monthly_cost;
    if (isnan(a->budget))
        return;
    text_canvas_number(a->budget, 2, limit);
    if (isnan(left))
        report_text_line(c, "Budget", TEXT_PLAIN,
                         "%s a month, nothing to compare with", limit);
    else
        report_text_line(c, "Budget", a->is_over_budget ? TEXT_BAD : TEXT_PLAIN,
                         "%s a month: %s %s", limit,
                         text_canvas_number(fabs(left), 2, rest),
                         a->is_over_budget ? "over" : "under");
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
       const char *(*text_of)(const struct wattle_device_result *))
{
    int width = 0;
    for (size_t i = 0; i < n; i++) {
        const char *text = text_of(devices[i]);
        int columns = text != NULL ? text_canvas_columns(text) : 0;
        width = columns > width ? columns : width;
    }
    return width;
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

/* Widths of the columns of the list of devices; 0 = there is no such column. */
struct top_table {
    int id_width, name_width, energy_width, cost_width, bar_width;
    int sort, sorted_width; /* of the figure that they are sorted by, if it is
                               neither energy nor cost */
    int energy_places;
    double most_kwh;
};

/* Narrower bars tell nothing, and a cut id or name must still be one. */
#define LEAST_BAR  10
#define MOST_BAR   60
#define LEAST_TEXT 6

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

/* The figure that the devices are sorted by, with its unit; "" = it is shown
 * anyway. */
static const char *
sorted_figure(const struct wattle_figures *f, int sort, char *text, size_t size)
{
    char number[NUMBER_TEXT_SIZE];
    text[0] = '\0';
    switch (sort) {
    case WATTLE_SORT_MEAN_POWER:
    case WATTLE_SORT_MAX_POWER:
        text_canvas_number(sort == WATTLE_SORT_MEAN_POWER ? f->mean_power_w
                                                          : f->max_power_w,
                           1, number);
        snprintf(text, size, "%s W", number);
        break;
    case WATTLE_SORT_READINGS:
        snprintf(text, size, "%s readings",
                 report_text_count(f->n_readings, number));
        break;
    case WATTLE_SORT_GAPS:
        text_canvas_number(f->gap_hours, 1, number);
        snprintf(text, size, "%s h of gaps", number);
        break;
    default:
        break;
    }
    return text;
}

/* Columns with two blanks before each. */
static int
used_by(const struct top_table *t)
{
    return 2 + t->id_width + (t->name_width > 0 ? 2 + t->name_width : 0) + 2 +
           t->energy_width + 4 + 2 + t->cost_width +
           (t->sorted_width > 0 ? 2 + t->sorted_width : 0);
}

/* Makes a column narrower by `excess`, but not below LEAST_TEXT. */
static int
cut(int width, int excess)
{
    int least = width < LEAST_TEXT ? width : LEAST_TEXT;
    return width - excess > least ? width - excess : least;
}

/* The bar gives way first, then the names, the ids last. */
static void
fit(struct top_table *t, int width)
{
    t->bar_width = width - used_by(t) - 2;
    if (t->bar_width > MOST_BAR)
        t->bar_width = MOST_BAR;
    if (t->bar_width >= LEAST_BAR)
        return;
    t->bar_width = 0;
    if (used_by(t) > width && t->name_width > 0)
        t->name_width = cut(t->name_width, used_by(t) - width);
    if (used_by(t) > width)
        t->name_width = 0;
    if (used_by(t) > width)
        t->id_width = cut(t->id_width, used_by(t) - width);
}

static struct top_table
measure_top(const struct wattle_device_result *const *devices, size_t n,
            int sort, int width)
{
    char text[64];
    struct top_table t = {.most_kwh = devices[0]->figures->energy_kwh};
    for (size_t i = 1; i < n; i++)
        t.most_kwh = fmax(t.most_kwh, devices[i]->figures->energy_kwh);
    t.energy_places = report_text_places(t.most_kwh);
    t.energy_width = widest_number(devices, n, t.energy_places, false);
    t.cost_width = widest_number(devices, n, 2, true);
    t.sort = sort;
    for (size_t i = 0; i < n; i++) {
        int len = (int)strlen(
            sorted_figure(devices[i]->figures, sort, text, sizeof(text)));
        t.sorted_width = len > t.sorted_width ? len : t.sorted_width;
    }
    t.id_width = widest(devices, n, id_of);
    t.name_width = widest(devices, n, name_of);
    fit(&t, width);
    return t;
}

static void
put_top_line(const struct text_canvas *c, const struct wattle_device_result *d,
             const struct top_table *t)
{
    char text[NUMBER_TEXT_SIZE], figure[64];
    double energy_kwh = d->figures->energy_kwh;
    text_out_text(c->out, "  ");
    text_canvas_field(c, d->id, t->id_width);
    if (t->name_width > 0) {
        text_out_text(c->out, "  ");
        text_canvas_field(c, d->name != NULL ? d->name : "", t->name_width);
    }
    text_out_printf(c->out, "  %*s kWh", t->energy_width,
                    text_canvas_number(energy_kwh, t->energy_places, text));
    text_out_printf(c->out, "  %*s", t->cost_width,
                    text_canvas_number(d->figures->cost, 2, text));
    if (t->sorted_width > 0)
        text_out_printf(
            c->out, "  %*s", t->sorted_width,
            sorted_figure(d->figures, t->sort, figure, sizeof(figure)));
    if (t->bar_width > 0 && energy_kwh > 0) {
        text_out_text(c->out, "  ");
        text_canvas_bar(c, energy_kwh / t->most_kwh, t->bar_width, false);
    }
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
    static const char *const headings[] = {
        [WATTLE_SORT_NONE] = "Devices by energy, and their cost",
        [WATTLE_SORT_ENERGY] = "Devices by energy, and their cost",
        [WATTLE_SORT_COST] = "Devices by cost",
        [WATTLE_SORT_MEAN_POWER] = "Devices by mean power",
        [WATTLE_SORT_MAX_POWER] = "Devices by their largest power",
        [WATTLE_SORT_READINGS] = "Devices by number of readings",
        [WATTLE_SORT_GAPS] = "Devices by hours of gaps"};
    size_t n = a->n_devices;
    size_t top = (size_t)(c->style.top > 0 ? c->style.top : 0);
    if (n == 0 || top == 0)
        return WATTLE_OK;
    const struct wattle_device_result **order =
        calloc(n, sizeof(struct wattle_device_result *));
    if (order == NULL)
        return WATTLE_ERR_MEMORY;
    top = top < a->n_listed ? top : a->n_listed;
    if (a->sort == WATTLE_SORT_NONE)
        order_by_energy(a, top, order);
    else
        memcpy(order, a->devices, top * sizeof(*order));
    struct top_table table = measure_top(order, top, a->sort, c->style.width);
    text_canvas_heading(c, headings[a->sort]);
    for (size_t i = 0; i < top; i++)
        put_top_line(c, order[i], &table);
    if (top < n) {
        char text[NUMBER_TEXT_SIZE], line[96];
        snprintf(line, sizeof(line),
                 "... and %s more (--limit N, --csv, --json)",
                 report_text_count(n - top, text));
        text_canvas_colour(c, TEXT_DIM);
        text_out_text(c->out, "  ");
        text_canvas_wrap(c, line, 2);
        text_canvas_colour(c, TEXT_PLAIN);
    }
    free(order);
    return WATTLE_OK;
}

/* An hour in so many columns. */
static void
put_hour(const struct text_canvas *c, const struct wattle_report_result *a,
         int hour, double most, int width)
{
    char text[NUMBER_TEXT_SIZE];
    double energy = a->hours[hour]->energy_kwh;
    /* as wide as the largest, and the bar takes what is left */
    int number_width =
        (int)strlen(text_canvas_number(most, report_text_places(most), text));
    number_width = number_width > 9 ? number_width : 9;
    text_out_printf(c->out, "  %02d:00 %*s ", hour, number_width,
                    text_canvas_number(energy, report_text_places(most), text));
    text_canvas_bar(c, most > 0 ? energy / most : 0, width - 10 - number_width,
                    hour < 12 && width < c->style.width);
}

/* Two columns of twelve hours where there is room, else one of all. */
static void
put_hours(const struct text_canvas *c, const struct wattle_report_result *a)
{
    const int least = 60;
    const bool is_wide = c->style.width >= least;
    char text[160];
    double most = 0;
    for (int h = 0; h < 24; h++)
        most = a->hours[h]->energy_kwh > most ? a->hours[h]->energy_kwh : most;
    if (a->n_devices == 0)
        return;
    snprintf(text, sizeof(text), "Energy by hour of the day (kWh, %s)",
             wattle_zone_name(a->zone));
    text_canvas_heading(c, text);
    for (int h = 0; h < (is_wide ? 12 : 24); h++) {
        if (is_wide) {
            put_hour(c, a, h, most, c->style.width / 2 - 2);
            text_out_text(c->out, "  ");
            put_hour(c, a, h + 12, most, c->style.width / 2 - 2);
        } else {
            put_hour(c, a, h, most, c->style.width);
        }
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

/* No day is the one with the most energy: they are gathered into months. */
#define NO_DAY INT64_MIN

static void
put_days_range(const struct text_canvas *c, int64_t first, int64_t last,
               double least, double most, int64_t most_day)
{
    char from[CIVIL_TEXT_SIZE], to[CIVIL_TEXT_SIZE], text[256];
    char low[NUMBER_TEXT_SIZE], high[NUMBER_TEXT_SIZE];
    const int places = report_text_places(most);
    civil_format_day(first, from);
    civil_format_day(last, to);
    size_t len =
        (size_t)snprintf(text, sizeof(text), "%s to %s: from %s to %s kWh",
                         from, to, text_canvas_number(least, places, low),
                         text_canvas_number(most, places, high));
    if (most_day != NO_DAY) {
        civil_format_day(most_day, from);
        snprintf(text + len, sizeof(text) - len, " (%s)", from);
    }
    text_out_text(c->out, "\n  ");
    text_canvas_wrap(c, text, 2);
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
    double least = values[0], most = values[0];
    int64_t most_day = first;
    for (size_t i = 1; i < n; i++) {
        least = values[i] < least ? values[i] : least;
        most_day = values[i] > most ? first + (int64_t)i : most_day;
        most = values[i] > most ? values[i] : most;
    }
    text_canvas_heading(c, headings[span]);
    text_out_text(c->out, "  ");
    text_canvas_spark(c, values, n);
    put_days_range(c, first, last, least, most,
                   span == SPAN_DAY ? most_day : NO_DAY);
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
    out.zone = a->zone;
    int status = text_canvas_init(&canvas, &out, style, NULL);
    if (status != WATTLE_OK)
        return status;
    text_canvas_colour(c, TEXT_BOLD);
    text_out_text(&out, "Energy report\n");
    text_canvas_colour(c, TEXT_PLAIN);
    put_period(c, a);
    put_counts(c, a);
    put_energy(c, a->figures);
    put_costs(c, a);
    put_budget(c, a);
    put_powers(c, a);
    status = put_top(c, a);
    put_hours(c, a);
    put_days(c, a);
    report_text_findings(c, a);
    report_text_quality(c, a);
    return status == WATTLE_OK ? text_out_finish(&out) : status;
}
