/*
 * sql_data.c - results of SQL as CSV and as JSON.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "report/sql_values.h"
#include "report/text_out.h"

/* A result on its way out. */
struct data {
    struct text_out out;
    struct wattle_sql *sql;
    struct buffer text; /* of one value */
    int n_results;
};

/* How a format puts a result. */
struct format {
    void (*begin)(struct data *d);
    int (*put_row)(struct data *d, const struct wattle_sql_value *row,
                   bool is_first);
    void (*end)(struct data *d, bool is_empty);
};

static int
put_result(struct data *d, const struct format *format,
           struct wattle_error *error)
{
    const struct wattle_sql_value *row;
    bool is_first = true;
    format->begin(d);
    for (;;) {
        int status = wattle_sql_next_row(d->sql, &row, error);
        if (status != WATTLE_OK)
            return status;
        if (row == NULL || d->out.has_failed)
            break; /* an error is said at the end */
        if (format->put_row(d, row, is_first) != WATTLE_OK)
            return error_memory(error);
        is_first = false;
    }
    format->end(d, is_first);
    return WATTLE_OK;
}

static int
put_all(struct wattle_sql *sql, const struct format *format,
        const struct wattle_writer *to, struct wattle_error *error)
{
    struct data d = {.sql = sql};
    const struct wattle_sql_value *row;
    if (to == NULL)
        return error_null(error, "out");
    text_out_init(&d.out, to);
    int status = wattle_sql_next_statement(sql, error);
    while (status == WATTLE_OK && wattle_sql_n_columns(sql) >= 0 &&
           !d.out.has_failed) {
        if (wattle_sql_n_columns(sql) > 0)
            status = put_result(&d, format, error);
        else
            status = wattle_sql_next_row(sql, &row, error);
        if (status == WATTLE_OK)
            status = wattle_sql_next_statement(sql, error);
    }
    buffer_release(&d.text);
    if (status == WATTLE_OK && text_out_finish(&d.out) != WATTLE_OK)
        status = error_set(error, WATTLE_ERR_IO, "cannot write the rows: %s",
                           strerror(errno));
    return status;
}

/* ---- CSV ---------------------------------------------------------------- */

static void
begin_csv(struct data *d)
{
    if (d->n_results++ > 0)
        text_out_byte(&d->out, '\n');
    for (int i = 0; i < wattle_sql_n_columns(d->sql); i++) {
        const char *name = wattle_sql_column_name(d->sql, i);
        if (i > 0)
            text_out_byte(&d->out, ',');
        text_out_csv(&d->out, name, strlen(name));
    }
    text_out_byte(&d->out, '\n');
}

static int
put_csv_row(struct data *d, const struct wattle_sql_value *row, bool is_first)
{
    (void)is_first;
    for (int i = 0; i < wattle_sql_n_columns(d->sql); i++) {
        if (i > 0)
            text_out_byte(&d->out, ',');
        d->text.len = 0;
        if (sql_values_append(&row[i], &d->text) != WATTLE_OK)
            return WATTLE_ERR_MEMORY;
        if (d->text.len > 0)
            text_out_csv(&d->out, d->text.data, d->text.len);
        else if (row[i].type != WATTLE_SQL_NULL)
            text_out_bytes(&d->out, "\"\"", 2); /* empty, but not NULL */
    }
    text_out_byte(&d->out, '\n');
    return WATTLE_OK;
}

static void
end_csv(struct data *d, bool is_empty)
{
    (void)d, (void)is_empty;
}

int
wattle_sql_write_csv(struct wattle_sql *sql, const struct wattle_writer *to,
                     struct wattle_error *error)
{
    static const struct format csv = {begin_csv, put_csv_row, end_csv};
    return put_all(sql, &csv, to, error);
}

/* ---- JSON --------------------------------------------------------------- */

static void
begin_json(struct data *d)
{
    text_out_byte(&d->out, '[');
}

static int
put_json_value(struct data *d, const struct wattle_sql_value *value)
{
    d->text.len = 0;
    if (sql_values_append(value, &d->text) != WATTLE_OK ||
        buffer_append(&d->text, "", 1) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    if (value->type == WATTLE_SQL_NULL)
        text_out_text(&d->out, "null");
    else if (sql_values_is_number(value))
        text_out_text(&d->out, d->text.data);
    else
        text_out_json_bytes(&d->out, d->text.data, d->text.len - 1);
    return WATTLE_OK;
}

static int
put_json_row(struct data *d, const struct wattle_sql_value *row, bool is_first)
{
    int status = WATTLE_OK;
    text_out_text(&d->out, is_first ? "\n{" : ",\n{");
    for (int i = 0; i < wattle_sql_n_columns(d->sql) && status == WATTLE_OK;
         i++) {
        if (i > 0)
            text_out_byte(&d->out, ',');
        text_out_json(&d->out, wattle_sql_column_name(d->sql, i));
        text_out_byte(&d->out, ':');
        status = put_json_value(d, &row[i]);
    }
    text_out_byte(&d->out, '}');
    return status;
}

static void
end_json(struct data *d, bool is_empty)
{
    text_out_text(&d->out, is_empty ? "]\n" : "\n]\n");
}

int
wattle_sql_write_json(struct wattle_sql *sql, const struct wattle_writer *to,
                      struct wattle_error *error)
{
    static const struct format json = {begin_json, put_json_row, end_json};
    return put_all(sql, &json, to, error);
}
