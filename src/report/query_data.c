/*
 * query_data.c - the rows of a query as CSV and as JSON, numbers unrounded.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "report/query_columns.h"
#include "report/text_out.h"

/* A query on its way out. */
struct data {
    struct text_out out;
    struct wattle_query *query;
    const struct wattle_query_options *options;
    struct query_column columns[QUERY_MAX_COLUMNS];
    size_t n_columns;
    uint64_t n_rows;
};

static void
data_init(struct data *d, struct wattle_query *query,
          const struct wattle_writer *to)
{
    text_out_init(&d->out, to);
    d->query = query;
    d->options = wattle_query_options_of(query);
    d->n_columns = query_columns_of(query, d->columns);
    d->n_rows = 0;
}

/* Puts all rows; the status of the last. */
static int
put_rows(struct data *d,
         void (*put)(struct data *d, const struct wattle_query_row *row),
         struct wattle_error *error)
{
    const struct wattle_query_row *row;
    for (;;) {
        int status = wattle_query_next(d->query, &row, error);
        if (status != WATTLE_OK || row == NULL)
            return status;
        put(d, row);
        d->n_rows++;
        if (d->out.has_failed)
            return WATTLE_OK; /* said at the end */
    }
}

static int
finish(struct data *d, int status, uint64_t *n_rows, struct wattle_error *error)
{
    if (n_rows != NULL)
        *n_rows = d->n_rows;
    if (text_out_finish(&d->out) != WATTLE_OK && status == WATTLE_OK)
        return error_set(error, WATTLE_ERR_IO, "cannot write the rows: %s",
                         strerror(errno));
    return status;
}

static void
put_time(struct data *d, int64_t time_ms)
{
    char text[CIVIL_TEXT_SIZE];
    if (time_ms == WATTLE_NO_TIME)
        return;
    civil_format(time_ms, text);
    text_out_text(&d->out, text);
}

/* ---- CSV ---------------------------------------------------------------- */

static void
put_csv_head(struct data *d)
{
    const struct wattle_query_options *o = d->options;
    text_out_text(&d->out, o->is_raw     ? "timestamp,device_id"
                           : o->is_total ? "start,readings"
                                         : "device,start,readings");
    for (size_t i = 0; i < d->n_columns; i++) {
        text_out_byte(&d->out, ',');
        text_out_text(&d->out, d->columns[i].name);
    }
    text_out_byte(&d->out, '\n');
}

static void
put_csv_row(struct data *d, const struct wattle_query_row *row)
{
    const struct wattle_query_options *o = d->options;
    const char *id = row->device_id;
    if (id != NULL && !o->is_raw) {
        text_out_csv(&d->out, id, strlen(id));
        text_out_byte(&d->out, ',');
    }
    put_time(d, row->start_ms);
    text_out_byte(&d->out, ',');
    if (o->is_raw)
        text_out_csv(&d->out, id, strlen(id));
    else
        text_out_count(&d->out, row->figures->n_readings);
    for (size_t i = 0; i < d->n_columns; i++) {
        double value = query_columns_value(&d->columns[i], row);
        text_out_byte(&d->out, ',');
        if (isfinite(value))
            text_out_number(&d->out, value);
    }
    text_out_byte(&d->out, '\n');
}

int
wattle_query_write_csv(struct wattle_query *query,
                       const struct wattle_writer *to, uint64_t *n_rows,
                       struct wattle_error *error)
{
    struct data data;
    if (to == NULL)
        return error_null(error, "out");
    data_init(&data, query, to);
    put_csv_head(&data);
    int status = put_rows(&data, put_csv_row, error);
    return finish(&data, status, n_rows, error);
}

/* ---- JSON --------------------------------------------------------------- */

static void
put_key(struct data *d, const char *key)
{
    text_out_byte(&d->out, '"');
    text_out_text(&d->out, key);
    text_out_bytes(&d->out, "\":", 2);
}

static void
put_json_time(struct data *d, const char *key, int64_t time_ms)
{
    put_key(d, key);
    if (time_ms == WATTLE_NO_TIME) {
        text_out_text(&d->out, "null");
        return;
    }
    text_out_byte(&d->out, '"');
    put_time(d, time_ms);
    text_out_byte(&d->out, '"');
}

static void
put_json_text(struct data *d, const char *key, const char *text)
{
    put_key(d, key);
    if (text != NULL)
        text_out_json(&d->out, text);
    else
        text_out_text(&d->out, "null");
    text_out_byte(&d->out, ',');
}

/* A count, or null for 0. */
static void
put_json_size(struct data *d, const char *key, int64_t size)
{
    put_key(d, key);
    if (size > 0)
        text_out_count(&d->out, (uint64_t)size);
    else
        text_out_text(&d->out, "null");
    text_out_byte(&d->out, ',');
}

static void
put_json_head(struct data *d)
{
    const struct wattle_query_options *o = d->options;
    text_out_byte(&d->out, '{');
    put_key(d, "devices");
    text_out_count(&d->out, wattle_query_n_devices(d->query));
    text_out_byte(&d->out, ',');
    put_json_time(d, "since", o->since_ms);
    text_out_byte(&d->out, ',');
    put_json_time(d, "until", o->until_ms);
    text_out_byte(&d->out, ',');
    put_json_size(d, "every_ms", o->every_ms);
    put_json_size(d, "every_months", o->every_months);
    put_key(d, "rows");
    text_out_byte(&d->out, '[');
}

static void
put_json_row(struct data *d, const struct wattle_query_row *row)
{
    const struct wattle_query_options *o = d->options;
    if (d->n_rows > 0)
        text_out_byte(&d->out, ',');
    text_out_bytes(&d->out, "\n{", 2);
    if (row->device_id != NULL) {
        put_json_text(d, "device", row->device_id);
        put_json_text(d, "name", row->name);
        put_json_text(d, "location", row->location);
    }
    put_json_time(d, o->is_raw ? "time" : "start", row->start_ms);
    if (!o->is_raw) {
        text_out_byte(&d->out, ',');
        put_key(d, "readings");
        text_out_count(&d->out, row->figures->n_readings);
    }
    for (size_t i = 0; i < d->n_columns; i++) {
        text_out_byte(&d->out, ',');
        put_key(d, d->columns[i].name);
        text_out_number(&d->out, query_columns_value(&d->columns[i], row));
    }
    text_out_byte(&d->out, '}');
}

int
wattle_query_write_json(struct wattle_query *query,
                        const struct wattle_writer *to, uint64_t *n_rows,
                        struct wattle_error *error)
{
    struct data data;
    if (to == NULL)
        return error_null(error, "out");
    data_init(&data, query, to);
    put_json_head(&data);
    int status = put_rows(&data, put_json_row, error);
    if (status == WATTLE_OK)
        text_out_text(&data.out, data.n_rows > 0 ? "\n]}\n" : "]}\n");
    return finish(&data, status, n_rows, error);
}
