/*
 * report_text.c - a report for a person at a terminal: what matters first, in
 * 40 columns or more.
 *
 * It is laid out for a width in columns and may show fewer digits than there
 * are; data formats have them all.
 */
#include <math.h>
#include <stdarg.h>
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

/* A label and a text, which goes on below itself where the width ends. */
static void __attribute__((format(printf, 4, 5)))
put_line(const struct text_canvas *c, const char *name, enum text_colour colour,
         const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    label(c, name);
    text_canvas_colour(c, colour);
    text_canvas_wrap(c, text, 2 + LABEL_WIDTH);
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
static const char *
minute_of(int64_t time_ms, char text[CIVIL_TEXT_SIZE])
{
    civil_format(time_ms, text);
    text[10] = ' ';
    text[16] = '\0';
    return text;
}

/* A number with the decimals that energies of its size have. */
static const char *
energy_of(double kwh, char text[NUMBER_TEXT_SIZE])
{
    return text_canvas_number(kwh, places_for(kwh), text);
}

static const char *
exactly(double value, char text[NUMBER_TEXT_SIZE])
{
    number_text_exact(value, text);
    return text;
}

static void
put_period(const struct text_canvas *c, const struct wattle_figures *f)
{
    char first[CIVIL_TEXT_SIZE], last[CIVIL_TEXT_SIZE], text[NUMBER_TEXT_SIZE];
    if (f->first_ms == WATTLE_NO_TIME) {
        put_line(c, "Period", TEXT_PLAIN, "no readings");
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
    put_line(c, "Period", TEXT_PLAIN, "%s to %s UTC (%s %s)",
             minute_of(f->first_ms, first), minute_of(f->last_ms, last), text,
             unit);
}

static void
put_counts(const struct text_canvas *c, const struct wattle_report_result *a)
{
    char readings[NUMBER_TEXT_SIZE], devices[NUMBER_TEXT_SIZE];
    char files[NUMBER_TEXT_SIZE], text[64] = "";
    if (a->n_files > 0)
        snprintf(text, sizeof(text), " in %s file%s",
                 counted(a->n_files, files), plural(a->n_files));
    put_line(c, "Readings", TEXT_PLAIN, "%s of %s device%s%s",
             counted(a->figures->n_readings, readings),
             counted(a->n_devices, devices), plural(a->n_devices), text);
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
    put_line(c, "Mean power", TEXT_PLAIN, "%s%s%s%s", mean,
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
                 energy_of(f->imported_kwh, imported),
                 energy_of(f->returned_kwh, returned));
    put_line(c, "Energy", TEXT_PLAIN, "%s kWh%s", energy_of(f->energy_kwh, net),
             text);
}

static void
put_costs(const struct text_canvas *c, const struct wattle_report_result *a)
{
    const struct wattle_figures *f = a->figures;
    char cost[NUMBER_TEXT_SIZE], month[NUMBER_TEXT_SIZE];
    char rate[NUMBER_TEXT_SIZE], back[NUMBER_TEXT_SIZE], text[128] = "";
    if (f->returned_kwh > 0)
        snprintf(text, sizeof(text), ", %s for a returned one",
                 exactly(a->return_rate_per_kwh, back));
    put_line(c, "Cost", TEXT_PLAIN, "%s at %s per kWh%s",
             text_canvas_number(f->cost, 2, cost),
             exactly(a->rate_per_kwh, rate), text);
    text_canvas_number(f->monthly_cost, 2, month);
    if (!isnan(f->monthly_cost) && f->gap_hours > f->covered_hours) {
        const double share =
            f->covered_hours / (f->covered_hours + f->gap_hours);
        put_line(c, "A month", TEXT_PLAIN,
                 "%s if it went on as in the %s %% of the time that is not in "
                 "gaps",
                 month, text_canvas_number(100 * share, 1, text));
        return;
    }
    put_line(c, "A month", TEXT_PLAIN, "%s%s", month,
             isnan(f->monthly_cost) ? "" : " (30 days of the mean power)");
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
        put_line(c, "Budget", TEXT_PLAIN, "%s a month, nothing to compare with",
                 limit);
    else
        put_line(c, "Budget", a->is_over_budget ? TEXT_BAD : TEXT_PLAIN,
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
        snprintf(text, size, "%s readings", counted(f->n_readings, number));
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
    t.energy_places = places_for(t.most_kwh);
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
                 counted(n - top, text));
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
        (int)strlen(text_canvas_number(most, places_for(most), text));
    number_width = number_width > 9 ? number_width : 9;
    text_out_printf(c->out, "  %02d:00 %*s ", hour, number_width,
                    text_canvas_number(energy, places_for(most), text));
    text_canvas_bar(c, most > 0 ? energy / most : 0, width - 10 - number_width,
                    hour < 12 && width < c->style.width);
}

/* Two columns of twelve hours where there is room, else one of all. */
static void
put_hours(const struct text_canvas *c, const struct wattle_report_result *a)
{
    const int least = 60;
    const bool is_wide = c->style.width >= least;
    double most = 0;
    for (int h = 0; h < 24; h++)
        most = a->hours[h]->energy_kwh > most ? a->hours[h]->energy_kwh : most;
    if (a->n_devices == 0)
        return;
    text_canvas_heading(c, "Energy by hour of the day (kWh, UTC)");
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
    const int places = places_for(most);
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
    char n[NUMBER_TEXT_SIZE], all[NUMBER_TEXT_SIZE], text[512];
    size_t len = 0;
    put_line(c, "Rejected", TEXT_PLAIN, "%s of %s lines",
             counted(a->n_rejects, n), counted(a->n_lines, all));
    for (size_t r = 0; r < a->n_reasons; r++) {
        if (a->rejects_by_reason[r] != 0)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s",
                                    len > 0 ? ", " : "",
                                    wattle_reason_text((int)r),
                                    counted(a->rejects_by_reason[r], n));
    }
    if (len > 0)
        put_line(c, "", TEXT_PLAIN, "%s", text);
    for (size_t i = 0; i < a->n_first_rejects; i++)
        put_reject_line(c, a->first_rejects[i]);
    if (a->n_rejects > a->n_first_rejects)
        put_line(c, "", TEXT_PLAIN, "... (--rejects FILE writes them all)");
}

/* A span in the largest unit that keeps it whole. */
static const char *
span_of_hours(double hours, char *text, size_t size)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
    char number[NUMBER_TEXT_SIZE];
    double ms = nearbyint(hours * 3600000);
    size_t i = 0;
    while (i < 3 && fmod(ms, units[i].ms) != 0)
        i++;
    snprintf(text, size, "%s %s", exactly(ms / units[i].ms, number),
             units[i].unit);
    return text;
}

/* Id and name as far as there is room, then what is said; else below. */
static void
put_finding(const struct text_canvas *c, const struct wattle_finding *f,
            const char *words)
{
    const int width = c->style.width - 2;
    int n_words = text_canvas_columns(words);
    int n_id = text_canvas_columns(f->device_id);
    int n_name = f->name != NULL ? text_canvas_columns(f->name) : 0;
    n_id = n_id < width ? n_id : width;
    text_out_text(c->out, "  ");
    text_canvas_field(c, f->device_id, n_id);
    if (n_name > 0 && n_id + 2 + n_name + 2 + n_words <= width) {
        text_out_text(c->out, "  ");
        text_canvas_field(c, f->name, n_name);
    }
    if (n_id + 2 + n_words <= width)
        text_out_text(c->out, "  ");
    else
        text_out_text(c->out, "\n    ");
    text_canvas_wrap(c, words, 4);
}

/* What its counter has shown. */
static void
describe_event(const struct wattle_finding *f, char *text, size_t size)
{
    static const char *const events[WATTLE_N_COUNTER_EVENTS] = {
        "counter jumps up and back %s time%s",
        "counter drops and recovers %s time%s",
        "counter falls a little %s time%s",
        "counter begins again near zero %s time%s",
        "counter falls as if the meter was changed %s time%s"};
    char number[NUMBER_TEXT_SIZE];
    const uint64_t n = (uint64_t)f->value;
    snprintf(text, size, events[f->kind - WATTLE_FINDING_COUNTER_SPIKE],
             counted(n, number), plural(n));
}

/* What is said of a finding, behind its device. */
static void
describe_finding(const struct wattle_finding *f, int64_t newest_ms, char *text,
                 size_t size)
{
    char number[NUMBER_TEXT_SIZE], time[CIVIL_TEXT_SIZE];
    switch (f->kind) {
    case WATTLE_FINDING_SILENT:
        text_canvas_number((double)(newest_ms - f->since_ms) / CIVIL_MS_PER_DAY,
                           1, number);
        snprintf(text, size, "silent since %s (%s days)",
                 minute_of(f->since_ms, time), number);
        break;
    case WATTLE_FINDING_NEVER_SEEN:
        snprintf(text, size, "no readings");
        break;
    case WATTLE_FINDING_STUCK:
        snprintf(text, size, "always %s W",
                 text_canvas_number(f->value, 1, number));
        break;
    case WATTLE_FINDING_OVER_RATING:
        snprintf(text, size, "up to %s times its rating",
                 text_canvas_number(f->value, 1, number));
        break;
    case WATTLE_FINDING_MOSTLY_GAPS:
        snprintf(text, size,
                 "mostly gaps: does it log only changes? (--interpolation "
                 "hold)");
        break;
    case WATTLE_FINDING_RISING:
        snprintf(text, size, "its energies only rise: is it a counter?");
        break;
    default:
        describe_event(f, text, size);
    }
}

/* The worst of each kind are first: a few of each are shown. */
static void
put_findings(const struct text_canvas *c, const struct wattle_report_result *a)
{
    const int most_of_a_kind =
        a->n_listed < a->n_devices && c->style.top > 5 ? c->style.top : 5;
    char line[160], number[NUMBER_TEXT_SIZE];
    size_t n_left = 0;
    int kind = -1, n_of_kind = 0;
    if (a->n_findings == 0)
        return;
    text_canvas_heading(c, "Devices to look at");
    for (size_t i = 0; i < a->n_findings; i++) {
        const struct wattle_finding *f = a->findings[i];
        n_of_kind = f->kind == kind ? n_of_kind + 1 : 1;
        kind = f->kind;
        if (n_of_kind > most_of_a_kind) {
            n_left++;
            continue;
        }
        describe_finding(f, a->figures->last_ms, line, sizeof(line));
        put_finding(c, f, line);
    }
    if (n_left == 0)
        return;
    snprintf(line, sizeof(line), "... and %s more (--json)",
             counted(n_left, number));
    text_out_text(c->out, "  ");
    text_canvas_wrap(c, line, 2);
}

static void
put_gaps(const struct text_canvas *c, const struct wattle_report_result *a)
{
    char n[NUMBER_TEXT_SIZE], hours[NUMBER_TEXT_SIZE], span[64];
    text_canvas_number(a->figures->gap_hours, 1, hours);
    counted(a->figures->n_gaps, n);
    if (a->interpolation == WATTLE_HOLD)
        put_line(c, "Gaps", TEXT_PLAIN,
                 "%s where no power held, %s h in all; they add no energy", n,
                 hours);
    else
        put_line(c, "Gaps", TEXT_PLAIN,
                 "%s longer than %s, %s h in all; they add no energy", n,
                 span_of_hours(a->max_gap_hours, span, sizeof(span)), hours);
}

static void
put_quality(const struct text_canvas *c, const struct wattle_report_result *a)
{
    char n[NUMBER_TEXT_SIZE];
    text_canvas_heading(c, "Data quality");
    put_rejects(c, a);
    put_line(c, "Duplicates", TEXT_PLAIN, "%s replaced by a later reading",
             counted(a->n_duplicates, n));
    put_gaps(c, a);
    if (a->figures->estimated_kwh > 0)
        put_line(c, "Estimated", TEXT_PLAIN,
                 "%s kWh, spread evenly where a counter was not read",
                 energy_of(a->figures->estimated_kwh, n));
    if (a->n_filtered > 0)
        put_line(c, "Left out", TEXT_PLAIN,
                 "%s line%s, of other times, devices or locations",
                 counted(a->n_filtered, n), plural(a->n_filtered));
    if (a->n_rounded > 0)
        put_line(c, "Rounded", TEXT_PLAIN,
                 "%s value%s with more than nine decimals",
                 counted(a->n_rounded, n), plural(a->n_rounded));
    if (a->n_skipped_files > 0)
        put_line(c, "Skipped", TEXT_PLAIN, "%s file%s",
                 counted(a->n_skipped_files, n), plural(a->n_skipped_files));
    if (a->n_assumed_files > 0)
        put_line(c, "Assumed", TEXT_PLAIN,
                 "that the column value of %s file%s is power in W",
                 counted(a->n_assumed_files, n), plural(a->n_assumed_files));
    if (!isnan(a->figures->efficiency))
        put_line(c, "Efficiency", TEXT_PLAIN, "%s, mean of the readings",
                 text_canvas_number(a->figures->efficiency, 4, n));
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
    put_energy(c, a->figures);
    put_costs(c, a);
    put_budget(c, a);
    put_powers(c, a);
    status = put_top(c, a);
    put_hours(c, a);
    put_days(c, a);
    put_findings(c, a);
    put_quality(c, a);
    return status == WATTLE_OK ? text_out_finish(&out) : status;
}
