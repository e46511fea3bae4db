/*
 * result_table.c - values, and what writers of every format have in common.
 *
 * A column of figures says where its value is: result_value_of reads it from
 * the public structures of result.h, query.h and maintain.h, so that no table
 * lists a figure twice.
 */
#include "output/result_table.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "base/number_text.h"
#include "base/zone.h"
#include "wattle/result.h"

struct result_value
result_value_of(const struct result_column *column, const void *const *parts)
{
    struct result_value value = {.type = column->type};
    const char *at = (const char *)parts[column->part] + column->offset;
    if (column->type == VALUE_TEXT) {
        memcpy(&value.bytes, at, sizeof(value.bytes));
        if (value.bytes == NULL)
            value.type = VALUE_NONE;
        else
            value.len = strlen(value.bytes);
    } else {
        memcpy(&value.integer, at, sizeof(value.integer)); /* also a double */
    }
    return value;
}

bool
result_value_is_known(const struct result_value *value)
{
    switch (value->type) {
    case VALUE_NONE:
        return false;
    case VALUE_REAL:
        return isfinite(value->real);
    case VALUE_TIME:
        return value->integer != WATTLE_NO_TIME;
    default:
        return true;
    }
}

void
result_value_put(struct text_out *out, const struct result_value *value)
{
    char text[ZONE_TEXT_SIZE];
    switch (value->type) {
    case VALUE_COUNT:
        text_out_count(out, value->count);
        break;
    case VALUE_INTEGER:
        text_out_integer(out, value->integer);
        break;
    case VALUE_REAL:
        text_out_number(out, value->real);
        break;
    case VALUE_TIME:
        zone_format(out->zone, value->integer, text);
        text_out_text(out, text);
        break;
    case VALUE_DAY:
        civil_format_day(value->integer, text);
        text_out_text(out, text);
        break;
    case VALUE_BLOB:
        text_out_blob(out, value->bytes, value->len);
        break;
    default:
        break;
    }
}

static int
append_blob(const struct result_value *value, struct buffer *text)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < value->len && status == WATTLE_OK; i++)
        status = buffer_printf(text, "%02X", (unsigned char)value->bytes[i]);
    return status;
}

int
result_value_append(const struct result_value *value, struct buffer *text)
{
    char shown[CIVIL_TEXT_SIZE > NUMBER_TEXT_SIZE ? CIVIL_TEXT_SIZE
                                                  : NUMBER_TEXT_SIZE];
    switch (value->type) {
    case VALUE_COUNT:
        return buffer_printf(text, "%" PRIu64, value->count);
    case VALUE_INTEGER:
        return buffer_printf(text, "%" PRId64, value->integer);
    case VALUE_TEXT:
        return buffer_append(text, value->bytes, value->len);
    case VALUE_BLOB:
        return append_blob(value, text);
    case VALUE_REAL:
        number_text_exact(value->real, shown);
        break;
    case VALUE_TIME:
        civil_format(value->integer, shown);
        break;
    case VALUE_DAY:
        civil_format_day(value->integer, shown);
        break;
    default:
        return WATTLE_OK;
    }
    return buffer_append_text(text, shown);
}

int
result_write_end(struct text_out *out, int status, struct wattle_error *error)
{
    if (text_out_finish(out) != WATTLE_OK && status == WATTLE_OK)
        return error_set(error, WATTLE_ERR_IO, "cannot write the rows: %s",
                         strerror(errno));
    return status;
}
