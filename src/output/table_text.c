/*
 * table_text.c - tables for people, in columns that are as wide as they need
 * to be.
 *
 * Widths are taken from the first KEPT_ROWS rows, which are kept until then; a
 * longer table goes on with the same widths, row by row, so that memory does
 * not grow with rows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "output/result_table.h"
#include "output/text_canvas.h"

/* Rows kept of a table. */
#define KEPT_ROWS 1000

struct text_column {
    int width;
    bool is_number; /* no kept row has something else */
};

struct text_table {
    struct text_canvas canvas;
    const struct result_table *table;
    size_t column_cap;
    struct text_column *columns; /* as many as the table has */
    struct buffer text;          /* kept values, a zero byte after each */
    struct buffer line;          /* the values of one row, the same */
    size_t n_kept;
    bool is_open; /* the heading is written, rows follow as they come */
    int n_tables;
};

static const char null_text[] = "NULL";

/* 0 or WATTLE_ERR_MEMORY. */
static int
append_row(const struct text_table *t, const struct result_value *row,
           struct buffer *text)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < t->table->n_columns && status == WATTLE_OK; i++) {
        const size_t begin = text->len;
        if (row[i].type == VALUE_NONE)
            status = buffer_append_text(text, null_text);
        else
            status = result_value_append(&row[i], text);
        /* a zero byte is shown as any other control character is */
        for (size_t k = begin; k < text->len; k++)
            text->data[k] = text->data[k] != '\0' ? text->data[k] : '\1';
        if (status == WATTLE_OK)
            status = buffer_append(text, "", 1);
    }
    return status;
}

static void
put_field(const struct text_table *t, size_t column, const char *text,
          bool is_right)
{
    int width = t->columns[column].width;
    int len = text_canvas_columns(text);
    int pad = width > len ? width - len : 0;
    bool is_last = column + 1 == t->table->n_columns;
    if (is_right)
        text_out_printf(t->canvas.out, "%*s", pad, "");
    text_canvas_field(&t->canvas, text, len);
    if (!is_right && !is_last)
        text_out_printf(t->canvas.out, "%*s", pad, "");
    text_out_text(t->canvas.out, is_last ? "\n" : "  ");
}

/* Puts a row; returns what follows its values. */
static const char *
put_row(const struct text_table *t, const char *text)
{
    for (size_t i = 0; i < t->table->n_columns; i++) {
        put_field(t, i, text, t->columns[i].is_number);
        text += strlen(text) + 1;
    }
    return text;
}

static void
put_heading(struct text_table *t)
{
    if (t->n_tables++ > 0)
        text_out_byte(t->canvas.out, '\n');
    text_canvas_colour(&t->canvas, TEXT_DIM);
    for (size_t i = 0; i < t->table->n_columns; i++)
        put_field(t, i, t->table->columns[i].heading, t->columns[i].is_number);
    text_canvas_colour(&t->canvas, TEXT_PLAIN);
}

/* Puts what is kept; rows that follow are written at once. */
static void
flush(struct text_table *t)
{
    const char *text = t->text.data;
    for (size_t row = 0; row < t->n_kept; row++) {
        for (size_t i = 0; i < t->table->n_columns; i++) {
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

/* 0 or WATTLE_ERR_MEMORY. */
static int
take_row(struct text_table *t, const struct result_value *row)
{
    if (t->n_kept == KEPT_ROWS && !t->is_open)
        flush(t);
    if (!t->is_open) {
        t->n_kept++;
        for (size_t i = 0; i < t->table->n_columns; i++)
            if (row[i].type != VALUE_NONE && !result_value_is_number(&row[i]))
                t->columns[i].is_number = false;
        return append_row(t, row, &t->text);
    }
    t->line.len = 0;
    int status = append_row(t, row, &t->line);
    if (status == WATTLE_OK)
        put_row(t, t->line.data);
    return status;
}

/* 0 or WATTLE_ERR_MEMORY. */
static int
begin_table(struct text_table *t, const struct result_table *table)
{
    struct text_column *columns = buffer_grow_array(
        t->columns, &t->column_cap, table->n_columns, sizeof(*columns));
    if (columns == NULL)
        return WATTLE_ERR_MEMORY;
    t->columns = columns;
    t->table = table;
    for (size_t i = 0; i < table->n_columns; i++)
        columns[i] = (struct text_column){
            text_canvas_columns(table->columns[i].heading), true};
    t->text.len = 0;
    t->n_kept = 0;
    t->is_open = false;
    return WATTLE_OK;
}

static int
put_table(struct text_table *t, const struct result_table *table,
          struct wattle_error *error)
{
    const struct result_value *row;
    int status;
    if (begin_table(t, table) != WATTLE_OK)
        return error_memory(error);
    while ((status = table->next(table->self, &row, error)) == WATTLE_OK &&
           row != NULL && !t->canvas.out->has_failed) {
        if (take_row(t, row) != WATTLE_OK)
            return error_memory(error);
    }
    if (status == WATTLE_OK && !t->is_open)
        flush(t);
    return status;
}

int
table_text_write_set(const struct result_set *set,
                     const struct wattle_text_style *style,
                     const struct wattle_writer *to, struct wattle_error *error)
{
    struct text_table t = {.n_tables = 0};
    const struct result_table *table;
    struct text_out out;
    text_out_init(&out, to);
    int status = text_canvas_init(&t.canvas, &out, style, error);
    if (status != WATTLE_OK)
        return status;
    while ((status = set->next_table(set->self, &table, error)) == WATTLE_OK &&
           table != NULL && !out.has_failed) {
        status = put_table(&t, table, error);
        if (status != WATTLE_OK)
            break;
    }
    free(t.columns);
    buffer_release(&t.text);
    buffer_release(&t.line);
    return result_write_end(&out, status, error);
}
