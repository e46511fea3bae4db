/*
 * query_text.c - the rows of a query for a person at a terminal.
 *
 * With buckets each device is a section of its own; a single bucket for each
 * device makes one table of them all. The first rows of a table are kept, so
 * that columns are as wide as they need to be and bars have a scale; a longer
 * table goes on as it began, without bars.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/zone.h"
#include "base/error.h"
#include "base/number_text.h"
#include "output/query_table.h"
#include "output/text_canvas.h"

/* Rows kept of a table. */
#define KEPT_ROWS 2000

/* Narrower bars tell nothing; wider ones are only far away. */
#define LEAST_BAR 10
#define MOST_BAR  40

/* A label is not cut to less. */
#define LEAST_LABEL 10

/* A row that is shown when it is known how wide the columns are. */
struct kept_row {
    struct wattle_query_row row;
    struct wattle_query_figures figures;
};

struct table {
    struct text_canvas canvas;
    const struct query_source *source;
    const struct wattle_query_options *options;
    struct result_column columns[QUERY_MAX_FIGURES];
    size_t n_columns;
    struct kept_row *rows; /* [KEPT_ROWS] */
    size_t n_rows;
    bool is_open; /* widths are settled, rows go out as they come */
    /* 0 = there is no such column, or no room for it */
    int label_width, count_width, width[QUERY_MAX_FIGURES], bar_width;
    bool lacks_columns; /* there was no room for all, in any table */
    double most_kwh;    /* the bars' scale */
    uint64_t n_all;     /* rows of all tables */
    bool is_later;      /* there was a table before */
};

/* One row a device rather than a section for each. */
static bool
is_list(const struct table *t)
{
    const struct wattle_query_options *o = t->options;
    return o->bucket_ms == 0 && o->bucket_months == 0 && !o->is_raw;
}

/* Of a time that clocks show twice: the offset says which one it is. */
static bool
needs_offset(const struct wattle_zone *zone, int64_t time_ms)
{
    int64_t utc_ms[2];
    return zone != NULL &&
           zone_to_utc(zone, time_ms + zone_at(zone, time_ms).offset_ms,
                       utc_ms) == 2;
}

/* As much of a time as the buckets need to be told apart. */
static void
format_start(const struct wattle_query_options *o, int64_t time_ms,
             char text[ZONE_TEXT_SIZE])
{
    char offset[ZONE_TEXT_SIZE] = "";
    if (time_ms == WATTLE_NO_TIME) {
        text[0] = '\0';
        return;
    }
    zone_format(o->zone, time_ms, text);
    text[10] = ' ';
    char *end = text + 11 + strcspn(text + 11, "Z+-");
    if (needs_offset(o->zone, time_ms))
        memcpy(offset, end, strlen(end) + 1);
    *end = '\0';
    if (o->bucket_months > 0)
        text[o->bucket_months % 12 == 0 ? 4 : 7] = '\0';
    else if (o->is_raw)
        strcat(text, offset);
    else if (o->bucket_ms % CIVIL_MS_PER_DAY == 0)
        text[10] = '\0';
    else
        strcpy(o->bucket_ms % 60000 == 0 ? text + 16 : end, offset);
}

static void
label_of(const struct table *t, const struct wattle_query_row *row,
         char text[ZONE_TEXT_SIZE], const char **label)
{
    *label = text;
    if (is_list(t))
        *label = row->device_id != NULL ? row->device_id : "all devices";
    else
        format_start(t->options, row->start_ms, text);
}

static int
wider(int a, int b)
{
    return a > b ? a : b;
}

static void
measure(struct table *t)
{
    char text[NUMBER_TEXT_SIZE], time[ZONE_TEXT_SIZE];
    const char *label;
    t->label_width = 5;
    t->count_width = 8;
    t->most_kwh = 0;
    for (size_t c = 0; c < t->n_columns; c++)
        t->width[c] = wider(7, (int)strlen(t->columns[c].heading));
    for (size_t i = 0; i < t->n_rows; i++) {
        const struct wattle_query_row *row = &t->rows[i].row;
        label_of(t, row, time, &label);
        t->label_width = wider(t->label_width, text_canvas_columns(label));
        number_text_count(row->figures->n_readings, text);
        t->count_width = wider(t->count_width, (int)strlen(text));
        for (size_t c = 0; c < t->n_columns; c++) {
            double value = query_table_figure(&t->columns[c], row);
            text_canvas_number(value, t->columns[c].places, text);
            t->width[c] = wider(t->width[c], (int)strlen(text));
        }
        if (row->figures->energy_kwh > t->most_kwh)
            t->most_kwh = row->figures->energy_kwh;
    }
    if (t->options->is_raw)
        t->count_width = 0;
}

static int
used_by(const struct table *t)
{
    int used = 2 + t->label_width;
    used += t->count_width > 0 ? 2 + t->count_width : 0;
    for (size_t c = 0; c < t->n_columns; c++)
        used += t->width[c] > 0 ? 2 + t->width[c] : 0;
    return used;
}

/* Leaves out figures from the right while there is no room, but for n_kept. */
static void
leave_out_figures(struct table *t, size_t n_kept)
{
    for (size_t c = t->n_columns;
         c > n_kept && used_by(t) > t->canvas.style.width; c--) {
        t->width[c - 1] = 0;
        t->lacks_columns = true;
    }
}

/*
 * Makes room: figures go from the right, but for the first two, which mostly
 * are energy and cost; then the number of readings, then the second figure. The
 * label is cut last.
 */
static void
fit(struct table *t)
{
    const int width = t->canvas.style.width;
    int excess = used_by(t) - width;
    if (excess > 0 && is_list(t) && t->label_width - excess >= LEAST_LABEL) {
        t->label_width -= excess;
        return;
    }
    leave_out_figures(t, 2);
    if (used_by(t) > width && t->count_width > 0) {
        t->count_width = 0;
        t->lacks_columns = true;
    }
    leave_out_figures(t, 1);
    excess = used_by(t) - width;
    if (excess > 0 && is_list(t))
        t->label_width = t->label_width - excess > LEAST_LABEL
                             ? t->label_width - excess
                             : LEAST_LABEL;
}

static void
set_bar(struct table *t)
{
    t->bar_width = t->canvas.style.width - used_by(t) - 2;
    if (t->bar_width > MOST_BAR)
        t->bar_width = MOST_BAR;
    if (t->bar_width < LEAST_BAR || t->most_kwh <= 0 || t->options->is_raw ||
        t->n_rows == KEPT_ROWS || t->n_rows < 2)
        t->bar_width = 0;
}

/* Puts a text, cut where there is no more room; the columns it takes. */
static int
put_within(const struct table *t, const char *text, int room)
{
    int columns = text_canvas_columns(text);
    columns = columns < room ? columns : room;
    text_canvas_field(&t->canvas, text, columns);
    return columns;
}

static void
put_section(const struct table *t, const struct wattle_query_row *row)
{
    struct text_out *out = t->canvas.out;
    if (is_list(t))
        return;
    if (row->device_id == NULL) {
        char text[NUMBER_TEXT_SIZE];
        size_t n = t->source->n_devices;
        number_text_count(n, text);
        text_out_printf(out, "%s device%s together\n", text, n == 1 ? "" : "s");
        return;
    }
    int room = t->canvas.style.width;
    text_canvas_colour(&t->canvas, TEXT_BOLD);
    room -= put_within(t, row->device_id, room);
    text_canvas_colour(&t->canvas, TEXT_PLAIN);
    const char *details[] = {row->name, row->location};
    for (size_t i = 0; i < 2; i++) {
        if (details[i] == NULL || room < 2 + LEAST_LABEL)
            continue;
        text_out_text(out, ", ");
        room -= 2 + put_within(t, details[i], room - 2);
    }
    text_out_byte(out, '\n');
}

static void
put_headings(const struct table *t)
{
    struct text_out *out = t->canvas.out;
    text_canvas_colour(&t->canvas, TEXT_DIM);
    text_out_printf(out, "  %-*s", t->label_width,
                    is_list(t)           ? "Device"
                    : t->options->is_raw ? "Time"
                                         : "Start");
    if (t->count_width > 0)
        text_out_printf(out, "  %*s", t->count_width, "Readings");
    for (size_t c = 0; c < t->n_columns; c++) {
        if (t->width[c] > 0)
            text_out_printf(out, "  %*s", t->width[c], t->columns[c].heading);
    }
    text_canvas_colour(&t->canvas, TEXT_PLAIN);
    text_out_byte(out, '\n');
}

static void
put_row(const struct table *t, const struct wattle_query_row *row)
{
    struct text_out *out = t->canvas.out;
    char text[NUMBER_TEXT_SIZE], time[ZONE_TEXT_SIZE];
    const char *label;
    label_of(t, row, time, &label);
    text_out_text(out, "  ");
    text_canvas_field(&t->canvas, label, t->label_width);
    if (t->count_width > 0) {
        number_text_count(row->figures->n_readings, text);
        text_out_printf(out, "  %*s", t->count_width, text);
    }
    for (size_t c = 0; c < t->n_columns; c++) {
        double value = query_table_figure(&t->columns[c], row);
        if (t->width[c] > 0)
            text_out_printf(
                out, "  %*s", t->width[c],
                text_canvas_number(value, t->columns[c].places, text));
    }
    if (t->bar_width > 0 && row->figures->energy_kwh > 0) {
        text_out_text(out, "  ");
        text_canvas_bar(&t->canvas, row->figures->energy_kwh / t->most_kwh,
                        t->bar_width, false);
    }
    text_out_byte(out, '\n');
}

/* Whose clocks the times are of. */
static void
put_zone(const struct table *t)
{
    const bool has_range = t->options->since_ms != WATTLE_NO_TIME ||
                           t->options->until_ms != WATTLE_NO_TIME;
    if (is_list(t) && !has_range)
        return;
    text_canvas_colour(&t->canvas, TEXT_DIM);
    text_out_printf(t->canvas.out, "Time zone: %s\n\n",
                    wattle_zone_name(t->options->zone));
    text_canvas_colour(&t->canvas, TEXT_PLAIN);
}

/* Puts what is kept; rows that follow go out at once. */
static void
flush(struct table *t)
{
    if (t->n_rows == 0 || t->is_open)
        return;
    if (t->is_later)
        text_out_byte(t->canvas.out, '\n');
    else
        put_zone(t);
    t->is_later = true;
    measure(t);
    fit(t);
    set_bar(t);
    put_section(t, &t->rows[0].row);
    put_headings(t);
    for (size_t i = 0; i < t->n_rows; i++)
        put_row(t, &t->rows[i].row);
    t->is_open = true;
}

static bool
is_next_section(const struct table *t, const struct wattle_query_row *row)
{
    return t->n_rows > 0 && !is_list(t) &&
           t->rows[0].row.device_id != row->device_id;
}

static void
keep(struct kept_row *kept, const struct wattle_query_row *row)
{
    kept->row = *row;
    kept->figures = *row->figures;
    kept->row.figures = &kept->figures;
}

static void
take_row(struct table *t, const struct wattle_query_row *row)
{
    if (is_next_section(t, row)) {
        flush(t);
        t->is_open = false;
        t->n_rows = 0;
    }
    t->n_all++;
    if (t->n_rows < KEPT_ROWS)
        keep(&t->rows[t->n_rows++], row);
    else
        flush(t);
    if (t->is_open)
        put_row(t, row);
}

/* Says that columns are missing, where it can be read beside the others. */
static void
put_missing(const struct table *t)
{
    text_canvas_colour(&t->canvas, TEXT_DIM);
    text_out_text(t->canvas.out, "  ");
    text_canvas_wrap(&t->canvas,
                     "(not all columns fit: --what chooses some, --csv and "
                     "--json have all)",
                     2);
    text_canvas_colour(&t->canvas, TEXT_PLAIN);
}

int
query_text_write(const struct query_source *source,
                 const struct wattle_text_style *style,
                 const struct wattle_writer *to, uint64_t *n_rows,
                 struct wattle_error *error)
{
    struct table table = {.source = source, .options = source->options};
    const struct wattle_query_row *row = NULL;
    struct text_out out;
    text_out_init(&out, to);
    int status = text_canvas_init(&table.canvas, &out, style, error);
    if (status != WATTLE_OK)
        return status;
    table.n_columns = query_table_figures(source->options, table.columns);
    table.rows = calloc(KEPT_ROWS, sizeof(*table.rows));
    if (table.rows == NULL)
        return error_memory(error);
    while ((status = source->next(source->self, &row, error)) == WATTLE_OK &&
           row != NULL && !out.has_failed)
        take_row(&table, row);
    if (status == WATTLE_OK)
        flush(&table);
    if (status == WATTLE_OK && table.lacks_columns)
        put_missing(&table);
    if (n_rows != NULL)
        *n_rows = table.n_all;
    free(table.rows);
    return result_write_end(&out, status, error);
}
