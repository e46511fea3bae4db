/*
 * value_unit.c - a column `value` has no unit in its name: a unit column or
 * the names of the devices may say what it holds.
 *
 * Only the whole rows of the sample are looked at. What they say is used when
 * it is power; anything else is left to the caller, who can say what it is: the
 * same unit may be the energy of an interval or a running total.
 */
#include "formats/value_unit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/decimal.h"
#include "base/error.h"
#include "formats/record_parser.h"
#include "wattle/measure.h"

enum unit { UNIT_NONE, UNIT_W, UNIT_KW, UNIT_OTHER };

struct text {
    size_t len;
    char bytes[RECORD_FIELD_BYTES];
};

struct row_reader {
    const struct csv_schema *schema;
    size_t column;
    bool has_number; /* in `value` */
    struct text unit, device;
};

static bool
is_one_of(const char *text, size_t len, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (ascii_is_word(text, len, words[i]))
            return true;
    }
    return false;
}

static enum unit
unit_of(const struct text *text)
{
    static const char *const watts[] = {"w", "watt", "watts", NULL};
    static const char *const kilowatts[] = {"kw", "kilowatt", "kilowatts",
                                            NULL};
    if (text->len == 0)
        return UNIT_NONE;
    if (is_one_of(text->bytes, text->len, watts))
        return UNIT_W;
    return is_one_of(text->bytes, text->len, kilowatts) ? UNIT_KW : UNIT_OTHER;
}

/* Whether the last word of a device's name is another thing than power. */
static bool
is_other_name(const struct text *device)
{
    static const char *const others[] = {
        "energy",  "wh",          "kwh",      "mwh",       "voltage",
        "current", "temperature", "humidity", "frequency", NULL};
    size_t at = device->len;
    while (at > 0 && ((device->bytes[at - 1] | 0x20) >= 'a' &&
                      (device->bytes[at - 1] | 0x20) <= 'z'))
        at--;
    return is_one_of(device->bytes + at, device->len - at, others);
}

static void
keep(struct text *text, const char *bytes, size_t len)
{
    assert(len <= sizeof(text->bytes));
    text->len = len;
    memcpy(text->bytes, bytes, len);
}

/* A record_visit. */
static void
take_field(void *context, const char *bytes, size_t len)
{
    struct row_reader *reader = context;
    const struct csv_schema *schema = reader->schema;
    struct decimal number;
    len = decimal_trim(&bytes, len);
    if (reader->column == schema->value_column) {
        enum decimal_status status =
            decimal_parse(bytes, len, DECIMAL_MAX, true, &number);
        reader->has_number = status == DECIMAL_OK || status == DECIMAL_RANGE;
    }
    if (reader->column == schema->unit_column)
        keep(&reader->unit, bytes, len);
    else if (reader->column == schema->device_column)
        keep(&reader->device, bytes, len);
    reader->column++;
}

/* Reads the next row; false when the sample has no more whole ones. */
static bool
next_row(const struct format_sample *sample, size_t *at,
         struct record_parser *parser, struct row_reader *reader)
{
    bool is_done;
    *reader = (struct row_reader){.schema = reader->schema};
    record_parser_reset(parser);
    *at += record_parser_feed(parser, sample->bytes + *at, sample->len - *at,
                              &is_done);
    return is_done || (sample->is_whole && !parser->is_empty &&
                       record_parser_finish(parser));
}

static int
refuse(const struct row_reader *reader, uint64_t line, bool is_mixed,
       struct wattle_error *error)
{
    static const char *const watt_hours[] = {"wh", NULL};
    static const char *const kilowatt_hours[] = {"kwh", NULL};
    const bool is_kilo =
        is_one_of(reader->unit.bytes, reader->unit.len, kilowatt_hours);
    if (!is_mixed && (is_kilo || is_one_of(reader->unit.bytes, reader->unit.len,
                                           watt_hours)))
        return error_set(
            error, WATTLE_ERR_FORMAT,
            "its column value holds energy: line %llu has the unit %.*s; say "
            "--value counter-%s if it is a running total, --value energy-%s "
            "if it is the energy of each interval",
            (unsigned long long)line, (int)reader->unit.len, reader->unit.bytes,
            is_kilo ? "kwh" : "wh", is_kilo ? "kwh" : "wh");
    if (reader->unit.len > 0)
        return error_set(
            error, WATTLE_ERR_FORMAT,
            "its column value does not hold power: line %llu has the unit "
            "%.*s; keep the rows of one kind, and say what they are with "
            "--value",
            (unsigned long long)line, (int)reader->unit.len,
            reader->unit.bytes);
    return error_set(
        error, WATTLE_ERR_FORMAT,
        "its column value seems not to hold power: line %llu is of %.*s; say "
        "what it holds with --value, such as --value counter-kwh or power-w",
        (unsigned long long)line, (int)reader->device.len,
        reader->device.bytes);
}

/* Goes through the rows; *seen has a bit for each enum unit. */
static int
survey(const struct format_sample *sample, const struct csv_schema *schema,
       const struct recognition *found, struct record_parser *parser,
       unsigned *seen, struct wattle_error *error)
{
    const unsigned power_units = 1U << UNIT_W | 1U << UNIT_KW;
    struct row_reader reader = {.schema = schema};
    uint64_t line = found->header_lines + 1;
    size_t at = (size_t)found->data_offset;
    *seen = 0;
    record_parser_init_visit(parser, schema->dialect->delimiter, take_field,
                             &reader);
    while (at < sample->len && next_row(sample, &at, parser, &reader)) {
        const uint64_t row_line = line;
        line += parser->n_newlines;
        line += sample->has_bare_cr ? parser->n_quoted_cr : 0;
        if (reader.column != schema->n_columns || !reader.has_number)
            continue; /* no reading: a second header, say */
        enum unit unit = unit_of(&reader.unit);
        *seen |= 1U << unit;
        bool has_two = (*seen & (1U << UNIT_W)) && (*seen & (1U << UNIT_KW));
        if (unit == UNIT_OTHER || has_two ||
            (unit == UNIT_NONE && is_other_name(&reader.device)))
            return refuse(&reader, row_line, (*seen & power_units) != 0, error);
    }
    return WATTLE_OK;
}

int
value_unit_find(const struct format_sample *sample, struct csv_schema *schema,
                struct recognition *found, struct wattle_error *error)
{
    unsigned seen;
    struct record_parser *parser = calloc(1, sizeof(*parser));
    if (parser == NULL)
        return error_memory(error);
    int status = survey(sample, schema, found, parser, &seen, error);
    free(parser);
    if (status != WATTLE_OK)
        return status;
    if ((seen & (1U << UNIT_KW)) != 0)
        csv_schema_set_value_kind(schema, WATTLE_VALUE_POWER_KW);
    found->is_value_assumed = (seen & (1U << UNIT_W | 1U << UNIT_KW)) == 0;
    return WATTLE_OK;
}
