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

static int
append_integer(int64_t value, struct buffer *text)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        digits[--at] = '-';
    return buffer_append(text, digits + at, sizeof(digits) - at);
}

int
sql_values_append(const struct wattle_sql_value *value, struct buffer *text)
{
    char number[NUMBER_TEXT_SIZE];
    switch (value->type) {
    case WATTLE_SQL_INTEGER:
        return append_integer(value->integer, text);
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
