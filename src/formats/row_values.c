/*
 * row_values.c - the rules for each field.
 *
 * They define what a reading is: the quick path in csv_decoder.c only repeats
 * what has been accepted here.
 */
#include "formats/row_values.h"

#include <string.h>

#include "base/civil_time.h"
#include "base/decimal.h"
#include "base/utf8.h"
#include "model/registry.h"
#include "wattle/result.h"

/* True when the field was too long to be kept whole. */
static bool
is_cut(const struct record_field *field)
{
    return field->trimmed > RECORD_FIELD_BYTES;
}

static int
read_time(const struct record_field *field, int64_t *time_ms)
{
    if (is_cut(field))
        return WATTLE_REJECT_TIMESTAMP;
    if (civil_parse(field->text, field->trimmed, time_ms))
        return ROW_IS_READING;
    return decimal_is_missing(field->text, field->trimmed)
               ? WATTLE_REJECT_MISSING
               : WATTLE_REJECT_TIMESTAMP;
}

static int
read_device(const struct record_field *field, struct row_values *values)
{
    values->device = field->text;
    values->device_len = field->trimmed;
    if (values->device_len == 0 || values->device_len > REGISTRY_MAX_ID ||
        is_cut(field) ||
        memchr(values->device, '\0', values->device_len) != NULL)
        return WATTLE_REJECT_DEVICE;
    if (utf8_is_valid(values->device, values->device_len))
        return ROW_IS_READING;
    values->device_len =
        utf8_from_latin(field->text, field->trimmed, values->device_text,
                        sizeof(values->device_text));
    values->device = values->device_text;
    return values->device_len > 0 ? ROW_IS_READING : WATTLE_REJECT_DEVICE;
}

/* 1e9 of the unit; a million kilo units are as many. */
static int64_t
greatest(const struct csv_schema *schema, int role)
{
    if (role == ROLE_POWER_FACTOR)
        return DECIMAL_ONE;
    bool is_kilo = role == ROLE_VALUE && schema->power_shift != 0;
    return is_kilo ? DECIMAL_MAX / 1000 : DECIMAL_MAX;
}

static int
read_number(const struct csv_schema *schema, const struct record_field *field,
            int role, struct decimal *number)
{
    bool negative = role != ROLE_VOLTAGE && role != ROLE_CURRENT;
    if (is_cut(field))
        return WATTLE_REJECT_NUMBER;
    switch (decimal_parse(field->text, field->trimmed, greatest(schema, role),
                          negative, number)) {
    case DECIMAL_OK:
        return ROW_IS_READING;
    case DECIMAL_MISSING:
        return WATTLE_REJECT_MISSING;
    case DECIMAL_NUMBER:
        return WATTLE_REJECT_NUMBER;
    default:
        return WATTLE_REJECT_RANGE;
    }
}

/*
 * With a power of its own a reading can do without the other measures; with
 * an energy column in the file, without any but one.
 */
static bool
may_be_absent(const struct csv_schema *schema, int role)
{
    if ((schema->roles & (1u << ROLE_ENERGY)) != 0)
        return true;
    return (schema->roles & (1u << ROLE_POWER)) != 0 && role != ROLE_POWER;
}

static int
read_numbers(const struct record_parser *parser, struct row_values *values)
{
    const struct csv_schema *schema = parser->schema;
    for (int role = ROLE_VOLTAGE; role < N_ROLES; role++) {
        if ((schema->roles & (1u << role)) == 0)
            continue;
        struct decimal number;
        int reason = read_number(schema, &parser->fields[role], role, &number);
        if (reason == WATTLE_REJECT_MISSING && may_be_absent(schema, role))
            continue;
        if (reason != ROW_IS_READING)
            return reason;
        int column = csv_schema_column(schema, role);
        values->row.nano[column] = number.nano;
        values->row.presence |= MEASURE_BIT(column);
        values->n_rounded += number.rounded ? 1 : 0;
    }
    return batch_is_measured(values->row.presence) ? ROW_IS_READING
                                                   : WATTLE_REJECT_MISSING;
}

int
row_values_read(const struct record_parser *parser, struct row_values *values)
{
    values->row.presence = 0;
    values->n_rounded = 0;
    if (parser->n_fields != parser->schema->n_columns)
        return WATTLE_REJECT_FIELDS;
    int reason = read_time(&parser->fields[ROLE_TIME], &values->row.time_ms);
    if (reason == ROW_IS_READING)
        reason = read_device(&parser->fields[ROLE_DEVICE], values);
    if (reason == ROW_IS_READING)
        reason = read_numbers(parser, values);
    return reason;
}
