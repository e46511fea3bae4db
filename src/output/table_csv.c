/*
 * table_csv.c - tables as CSV (RFC 4180): a line of names, then a line a row,
 * numbers unrounded. What is not known is an empty field; a text without
 * characters is "".
 */
#include "base/error.h"
#include "output/result_table.h"

static void
put_value(struct text_out *out, const struct result_value *value)
{
    if (!result_value_is_known(value))
        return;
    bool is_text = value->type == VALUE_TEXT || value->type == VALUE_BLOB;
    if (is_text && value->len == 0)
        text_out_bytes(out, "\"\"", 2);
    else if (value->type == VALUE_TEXT)
        text_out_csv(out, value->bytes, value->len);
    else
        result_value_put(out, value);
}

static void
put_names(struct text_out *out, const struct result_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const char *name = table->columns[i].name;
        if (i > 0)
            text_out_byte(out, ',');
        text_out_csv(out, name, strlen(name));
    }
    text_out_byte(out, '\n');
}

int
table_csv_write(struct text_out *out, const struct result_table *table,
                uint64_t *n_rows, struct wattle_error *error)
{
    const struct result_value *row;
    uint64_t n = 0;
    int status;
    put_names(out, table);
    while ((status = table->next(table->self, &row, error)) == WATTLE_OK &&
           row != NULL) {
        for (size_t i = 0; i < table->n_columns; i++) {
            if (i > 0)
                text_out_byte(out, ',');
            put_value(out, &row[i]);
        }
        text_out_byte(out, '\n');
        n++;
        if (out->has_failed)
            break;
    }
    if (n_rows != NULL)
        *n_rows = n;
    return status;
}

int
table_csv_write_set(const struct result_set *set,
                    const struct wattle_writer *to, struct wattle_error *error)
{
    const struct result_table *table;
    struct text_out out;
    int status, n_tables = 0;
    text_out_init(&out, to);
    while ((status = set->next_table(set->self, &table, error)) == WATTLE_OK &&
           table != NULL && !out.has_failed) {
        if (n_tables++ > 0)
            text_out_byte(&out, '\n');
        status = table_csv_write(&out, table, NULL, error);
        if (status != WATTLE_OK)
            break;
    }
    return result_write_end(&out, status, error);
}
