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

/* A time without an offset becomes UTC, but for one on a day of changes. */
static int
place_local(struct local_clock *clock, struct row_values *values)
{
    int64_t *time_ms = &values->row.time_ms;
    int64_t offset_ms;
    const int64_t day_ms =
        civil_floor_div(*time_ms, CIVIL_MS_PER_DAY) * CIVIL_MS_PER_DAY;
    if (!local_clock_is_even(clock, day_ms, &offset_ms)) {
        values->is_local = true;
        return local_clock_shows(clock, *time_ms) ? ROW_IS_READING
                                                  : WATTLE_REJECT_TIMESTAMP;
    }
    *time_ms -= offset_ms;
    return *time_ms >= CIVIL_MIN_MS && *time_ms <= CIVIL_MAX_MS
               ? ROW_IS_READING
               : WATTLE_REJECT_TIMESTAMP;
}

static int
read_time(const struct record_field *field, struct local_clock *clock,
          struct row_values *values)
{
    if (is_cut(field))
        return WATTLE_REJECT_TIMESTAMP;
    if (civil_parse_clock(field->text, field->trimmed, false,
                          &values->row.time_ms, &values->has_local_time))
        return values->has_local_time && clock != NULL
                   ? place_local(clock, values)
                   : ROW_IS_READING;
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

static int
reason_of(enum decimal_status status)
{
    switch (status) {
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

/* A number with a decimal comma, and no point then. */
static enum decimal_status
parse_with_comma(const struct record_field *field, int64_t max, bool negative,
                 struct decimal *number)
{
    char text[RECORD_FIELD_BYTES];
    for (size_t i = 0; i < field->trimmed; i++) {
        char c = field->text[i];
        text[i] = (char)(c == ',' ? '.' : c == '.' ? '?' : c);
    }
    return decimal_parse(text, field->trimmed, max, negative, number);
}

/* Within the limits of its measure, those of the kilo unit when it is in one.
 */
static int
read_number(const struct csv_schema *schema, const struct record_field *field,
            unsigned measure, struct decimal *number)
{
    const struct wattle_measure_info *info = &measure_table[measure];
    const bool negative = info->min_nano < 0;
    int64_t max = info->max_nano;
    if (schema->kilo[measure] != 0)
        max /= 1000;
    if (is_cut(field))
        return WATTLE_REJECT_NUMBER;
    if (schema->dialect->decimal == ',')
        return reason_of(parse_with_comma(field, max, negative, number));
    return reason_of(
        decimal_parse(field->text, field->trimmed, max, negative, number));
}

/*
 * With a power of its own a reading can do without the other measures; with
 * a column of energy in the file, without any but one. Measures that make no
 * reading are never needed.
 */
static bool
may_be_absent(const struct csv_schema *schema, int role)
{
    if ((schema->roles & ROLES_ENERGIES) != 0 || role > ROLE_ENERGY)
        return true;
    return (schema->roles & (1u << ROLE_POWER)) != 0 && role != ROLE_POWER;
}

static int
read_numbers(const struct record_parser *parser, struct row_values *values)
{
    const struct csv_schema *schema = parser->schema;
    uint32_t rest = schema->roles >> ROLE_VALUE << ROLE_VALUE;
    for (; rest != 0; rest &= rest - 1) {
        const int role = __builtin_ctz(rest);
        const unsigned measure = csv_schema_measure(schema, role);
        struct decimal number;
        int reason =
            read_number(schema, &parser->fields[role], measure, &number);
        if (reason == WATTLE_REJECT_MISSING && may_be_absent(schema, role))
            continue;
        if (reason != ROW_IS_READING)
            return reason;
        values->row.nano[measure] = number.nano;
        values->row.presence |= MEASURE_BIT(measure);
        values->n_rounded += number.rounded ? 1 : 0;
    }
    return batch_is_measured(values->row.presence) ? ROW_IS_READING
                                                   : WATTLE_REJECT_MISSING;
}

int
row_values_read(const struct record_parser *parser, struct local_clock *clock,
                struct row_values *values)
{
    values->row.presence = 0;
    values->n_rounded = 0;
    values->has_local_time = values->is_local = false;
    if (parser->n_fields != parser->schema->n_columns)
        return WATTLE_REJECT_FIELDS;
    int reason = read_time(&parser->fields[ROLE_TIME], clock, values);
    if (reason == ROW_IS_READING)
        reason = read_device(&parser->fields[ROLE_DEVICE], values);
    if (reason == ROW_IS_READING)
        reason = read_numbers(parser, values);
    return reason;
}

bool
row_values_find_device(const struct record_parser *parser, int reason,
                       struct row_values *values)
{
    return reason != WATTLE_REJECT_FIELDS && reason != WATTLE_REJECT_QUOTE &&
           reason != WATTLE_REJECT_DEVICE &&
           read_device(&parser->fields[ROLE_DEVICE], values) == ROW_IS_READING;
}
