/*
 * sql_values.c - one value.
 */
#include "report/sql_values.h"

#include "base/number_text.h"

static int
append_blob(const struct wattle_sql_value *value, struct buffer *text)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < value->len && status == WATTLE_OK; i++)
        status = buffer_printf(text, "%02X", (unsigned char)value->bytes[i]);
    return status;
}

int
sql_values_append(const struct wattle_sql_value *value, struct buffer *text)
{
    char number[NUMBER_TEXT_SIZE];
    switch (value->type) {
    case WATTLE_SQL_INTEGER:
        return buffer_printf(text, "%lld", (long long)value->integer);
    case WATTLE_SQL_REAL:
        number_text_exact(value->real, number);
        return buffer_append_text(text, number);
    case WATTLE_SQL_TEXT:
        return buffer_append(text, value->bytes, value->len);
    case WATTLE_SQL_BLOB:
        return append_blob(value, text);
    default:
        return WATTLE_OK;
    }
}
