/*
 * sql_text.c - results of SQL as tables for people.
 *
 * The first rows are kept, so that columns are as wide as they need to be; a
 * longer result goes on as it began.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "report/sql_values.h"
#include "report/text_canvas.h"

/* Rows kept of a result. */
#define KEPT_ROWS 1000

struct table {
    struct text_canvas canvas;
    struct wattle_sql *sql;
    int n_columns;
    size_t column_cap;
    struct column {
        int width;
        bool is_number; /* as far as is known */
    } * columns;
    struct buffer text; /* of the kept values, each with a zero byte */
    struct buffer line; /* of the values of one row, the same */
    size_t n_kept;
    bool is_open; /* the heading is out, rows follow as they come */
    int n_results;
};

static const char null_text[] = "NULL";

/* Appends a row's values. */
static int
append_row(const struct table *t, const struct wattle_sql_value *row,
           struct buffer *text)
{
    int status = WATTLE_OK;
    for (int i = 0; i < t->n_columns && status == WATTLE_OK; i++) {
        const size_t begin = text->len;
        if (row[i].type == WATTLE_SQL_NULL)
            status = buffer_append_text(text, null_text);
        else
            status = sql_values_append(&row[i], text);
        /* a zero byte is shown as any other control character is */
        for (size_t k = begin; k < text->len; k++)
            text->data[k] = text->data[k] != '\0' ? text->data[k] : '\1';
        if (status == WATTLE_OK)
            status = buffer_append(text, "", 1);
    }
    return status;
}

static void
put_field(const struct table *t, int column, const char *text, bool is_right)
{
    int width = t->columns[column].width;
    int len = text_canvas_columns(text);
    int pad = width > len ? width - len : 0;
    bool is_last = column + 1 == t->n_columns;
    if (is_right)
        text_out_printf(t->canvas.out, "%*s", pad, "");
    text_canvas_field(&t->canvas, text, len);
    if (!is_right && !is_last)
        text_out_printf(t->canvas.out, "%*s", pad, "");
    text_out_text(t->canvas.out, is_last ? "\n" : "  ");
}

/* Puts a row; returns what follows its values. */
static const char *
put_row(const struct table *t, const char *text)
{
    for (int i = 0; i < t->n_columns; i++) {
        put_field(t, i, text, t->columns[i].is_number);
        text += strlen(text) + 1;
    }
    return text;
}

static void
put_heading(struct table *t)
{
    if (t->n_results++ > 0)
        text_out_byte(t->canvas.out, '\n');
    text_canvas_colour(&t->canvas, TEXT_DIM);
    for (int i = 0; i < t->n_columns; i++)
        put_field(t, i, wattle_sql_column_name(t->sql, i),
                  t->columns[i].is_number);
    text_canvas_colour(&t->canvas, TEXT_PLAIN);
}

/* Puts what is kept; rows that follow go out at once. */
static void
flush(struct table *t)
{
    const char *text = t->text.data;
    for (size_t row = 0; row < t->n_kept; row++) {
        for (int i = 0; i < t->n_columns; i++) {
            int len = text_canvas_columns(text);
            if (len > t->columns[i].width)
                t->columns[i].width = len;
            text += strlen(text) + 1;
        }
    }
    put_heading(t);
    text = t->text.data;
    for (size_t row = 0; row < t->n_kept; row++)
        text = put_row(t, text);
    t->is_open = true;
}

static int
take_row(struct table *t, const struct wattle_sql_value *row)
{
    if (t->n_kept == KEPT_ROWS && !t->is_open)
        flush(t);
    if (!t->is_open) {
        t->n_kept++;
        for (int i = 0; i < t->n_columns; i++)
            t->columns[i].is_number =
                t->columns[i].is_number &&
                (sql_values_is_number(&row[i]) || row[i].type == 0);
        return append_row(t, row, &t->text);
    }
    t->line.len = 0;
    int status = append_row(t, row, &t->line);
    if (status == WATTLE_OK)
        put_row(t, t->line.data);
    return status;
}

static int
begin(struct table *t)
{
    t->n_columns = wattle_sql_n_columns(t->sql);
    struct column *columns = buffer_grow_array(
        t->columns, &t->column_cap, (size_t)t->n_columns, sizeof(*columns));
    if (columns == NULL)
        return WATTLE_ERR_MEMORY;
    t->columns = columns;
    for (int i = 0; i < t->n_columns; i++) {
        const char *name = wattle_sql_column_name(t->sql, i);
        columns[i] = (struct column){text_canvas_columns(name), true};
    }
    t->text.len = 0;
    t->n_kept = 0;
    t->is_open = false;
    return WATTLE_OK;
}

static int
put_result(struct table *t, struct wattle_error *error)
{
    const struct wattle_sql_value *row;
    if (begin(t) != WATTLE_OK)
        return error_memory(error);
    for (;;) {
        int status = wattle_sql_next_row(t->sql, &row, error);
        if (status != WATTLE_OK)
            return status;
        if (row == NULL || t->canvas.out->has_failed)
            break;
        if (take_row(t, row) != WATTLE_OK)
            return error_memory(error);
    }
    if (!t->is_open)
        flush(t);
    return WATTLE_OK;
}

int
wattle_sql_write_text(struct wattle_sql *sql,
                      const struct wattle_text_style *style,
                      const struct wattle_writer *to,
                      struct wattle_error *error)
{
    struct table t = {.sql = sql};
    const struct wattle_sql_value *row;
    struct text_out out;
    if (to == NULL)
        return error_null(error, "out");
    text_out_init(&out, to);
    int status = text_canvas_init(&t.canvas, &out, style, error);
    if (status == WATTLE_OK)
        status = wattle_sql_next_statement(sql, error);
    while (status == WATTLE_OK && wattle_sql_n_columns(sql) >= 0 &&
           !out.has_failed) {
        if (wattle_sql_n_columns(sql) > 0)
            status = put_result(&t, error);
        else
            status = wattle_sql_next_row(sql, &row, error);
        if (status == WATTLE_OK)
            status = wattle_sql_next_statement(sql, error);
    }
    free(t.columns);
    buffer_release(&t.text);
    buffer_release(&t.line);
    if (status == WATTLE_OK && text_out_finish(&out) != WATTLE_OK)
        status = error_set(error, WATTLE_ERR_IO, "cannot write the rows: %s",
                           strerror(errno));
    return status;
}
