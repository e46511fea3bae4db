/*
 * sql_values.h - a value of SQL as text: numbers unrounded, a blob as
 * hexadecimal digits.
 */
#ifndef REPORT_SQL_VALUES_H
#define REPORT_SQL_VALUES_H

#include <stdbool.h>

#include "base/buffer.h"
#include "wattle/sql.h"

static inline bool
sql_values_is_number(const struct wattle_sql_value *value)
{
    return value->type == WATTLE_SQL_INTEGER || value->type == WATTLE_SQL_REAL;
}

/* Appends it; nothing for NULL. 0 or WATTLE_ERR_MEMORY. */
int sql_values_append(const struct wattle_sql_value *value,
                      struct buffer *text);

#endif
