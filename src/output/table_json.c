/*
 * table_json.c - tables as lists of JSON objects, numbers unrounded; what is
 * not known is null.
 *
 * Rows are written as they come; when a table fails, the list has no end, so
 * that nobody takes it for all of it.
 */
#include "base/error.h"
#include "output/result_table.h"

void
table_json_value(struct text_out *out, const struct result_value *value)
{
    if (!result_value_is_known(value)) {
        text_out_text(out, "null");
    } else if (value->type == VALUE_TEXT) {
        text_out_json_bytes(out, value->bytes, value->len);
    } else if (result_value_is_number(value)) {
        result_value_put(out, value);
    } else {
        text_out_byte(out, '"');
        result_value_put(out, value);
        text_out_byte(out, '"');
    }
}

/* Names that need no escapes are copied: they are as long as the values. */
static bool
are_plain(const struct result_table *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (!text_out_is_plain(table->columns[i].name))
            return false;
    }
    return true;
}

static void
put_name(struct text_out *out, const char *name, bool is_plain)
{
    if (is_plain) {
        text_out_byte(out, '"');
        text_out_text(out, name);
        text_out_bytes(out, "\":", 2);
    } else {
        text_out_json(out, name);
        text_out_byte(out, ':');
    }
}

static void
put_object(struct text_out *out, const struct result_table *table,
           const struct result_value *row, bool is_plain)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        text_out_byte(out, i > 0 ? ',' : '{');
        put_name(out, table->columns[i].name, is_plain);
        table_json_value(out, &row[i]);
    }
    text_out_byte(out, '}');
}

int
table_json_write(struct text_out *out, const struct result_table *table,
                 bool is_spaced, uint64_t *n_rows, struct wattle_error *error)
{
    const bool is_plain = are_plain(table);
    const struct result_value *row;
    uint64_t n = 0;
    int status;
    text_out_byte(out, '[');
    while ((status = table->next(table->self, &row, error)) == WATTLE_OK &&
           row != NULL) {
        if (n++ > 0)
            text_out_byte(out, ',');
        if (is_spaced)
            text_out_byte(out, '\n');
        put_object(out, table, row, is_plain);
        if (out->has_failed)
            break;
    }
    if (n_rows != NULL)
        *n_rows = n;
    if (status != WATTLE_OK)
        return status; /* without an end: nobody takes it for all rows */
    if (is_spaced && n > 0)
        text_out_byte(out, '\n');
    text_out_byte(out, ']');
    return WATTLE_OK;
}

int
table_json_write_set(const struct result_set *set,
                     const struct wattle_writer *to, struct wattle_error *error)
{
    const struct result_table *table;
    struct text_out out;
    int status;
    text_out_init(&out, to);
    while ((status = set->next_table(set->self, &table, error)) == WATTLE_OK &&
           table != NULL && !out.has_failed) {
        status = table_json_write(&out, table, true, NULL, error);
        if (status != WATTLE_OK)
            break;
        text_out_byte(&out, '\n');
    }
    return result_write_end(&out, status, error);
}
