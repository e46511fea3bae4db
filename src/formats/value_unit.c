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

enum unit { UNIT_NONE, UNIT_W, UNIT_KW, UNIT_WH, UNIT_KWH, UNIT_OTHER };

/* What the rows of a sample say. */
struct survey {
    const struct format_sample *sample;
    const struct csv_schema *schema;
    const struct recognition *found;
    enum unit wanted; /* said by the caller; UNIT_NONE = nothing is */
    unsigned seen;    /* a bit for each enum unit */
};

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
    static const char *const watt_hours[] = {"wh", NULL};
    static const char *const kilowatt_hours[] = {"kwh", NULL};
    const struct {
        const char *const *words;
        enum unit unit;
    } units[] = {{watts, UNIT_W},
                 {kilowatts, UNIT_KW},
                 {watt_hours, UNIT_WH},
                 {kilowatt_hours, UNIT_KWH}};
    if (text->len == 0)
        return UNIT_NONE;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (is_one_of(text->bytes, text->len, units[i].words))
            return units[i].unit;
    }
    return UNIT_OTHER;
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
    const enum unit unit = unit_of(&reader->unit);
    const bool is_kilo = unit == UNIT_KWH;
    if (!is_mixed && (is_kilo || unit == UNIT_WH))
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

/* One that is not what the caller has said. */
static int
refuse_said(const struct row_reader *reader, uint64_t line, enum unit wanted,
            struct wattle_error *error)
{
    static const char *const names[] = {
        [UNIT_W] = "W", [UNIT_KW] = "kW", [UNIT_WH] = "Wh", [UNIT_KWH] = "kWh"};
    return error_set(error, WATTLE_ERR_FORMAT,
                     "--value says that its column value is in %s, but line "
                     "%llu has the unit %.*s; keep the rows of one unit, and "
                     "name that",
                     names[wanted], (unsigned long long)line,
                     (int)reader->unit.len, reader->unit.bytes);
}

/* A row with a number: is it what the others are, and what was said? */
static int
take_row(struct survey *s, const struct row_reader *reader, uint64_t line,
         struct wattle_error *error)
{
    const unsigned power_units = 1U << UNIT_W | 1U << UNIT_KW;
    const enum unit unit = unit_of(&reader->unit);
    s->seen |= 1U << unit;
    if (s->wanted != UNIT_NONE)
        return unit != UNIT_NONE && unit != UNIT_OTHER && unit != s->wanted
                   ? refuse_said(reader, line, s->wanted, error)
                   : WATTLE_OK;
    const bool has_two =
        (s->seen & (1U << UNIT_W)) && (s->seen & (1U << UNIT_KW));
    if (unit > UNIT_KW || has_two ||
        (unit == UNIT_NONE && is_other_name(&reader->device)))
        return refuse(reader, line, (s->seen & power_units) != 0, error);
    return WATTLE_OK;
}

/* Goes through the rows of the sample. */
static int
survey_rows(struct survey *s, struct record_parser *parser,
            struct wattle_error *error)
{
    struct row_reader reader = {.schema = s->schema};
    uint64_t line = s->found->header_lines + 1;
    size_t at = (size_t)s->found->data_offset;
    int status = WATTLE_OK;
    record_parser_init_visit(parser, s->schema->dialect->delimiter, take_field,
                             &reader);
    while (status == WATTLE_OK && at < s->sample->len &&
           next_row(s->sample, &at, parser, &reader)) {
        const uint64_t row_line = line;
        line += parser->n_newlines;
        line += s->sample->has_bare_cr ? parser->n_quoted_cr : 0;
        if (reader.column != s->schema->n_columns || !reader.has_number)
            continue; /* no reading: a second header, say */
        status = take_row(s, &reader, row_line, error);
    }
    return status;
}

static int
run_survey(struct survey *s, struct wattle_error *error)
{
    struct record_parser *parser = calloc(1, sizeof(*parser));
    if (parser == NULL)
        return error_memory(error);
    const int status = survey_rows(s, parser, error);
    free(parser);
    return status;
}

int
value_unit_check(const struct format_sample *sample,
                 const struct csv_schema *schema,
                 const struct recognition *found, int value_kind,
                 struct wattle_error *error)
{
    static const enum unit units[] = {
        [WATTLE_VALUE_POWER_W] = UNIT_W,
        [WATTLE_VALUE_POWER_KW] = UNIT_KW,
        [WATTLE_VALUE_ENERGY_WH] = UNIT_WH,
        [WATTLE_VALUE_ENERGY_KWH] = UNIT_KWH,
        [WATTLE_VALUE_COUNTER_WH] = UNIT_WH,
        [WATTLE_VALUE_COUNTER_KWH] = UNIT_KWH,
    };
    struct survey s = {.sample = sample,
                       .schema = schema,
                       .found = found,
                       .wanted = units[value_kind]};
    return run_survey(&s, error);
}

int
value_unit_find(const struct format_sample *sample, struct csv_schema *schema,
                struct recognition *found, struct wattle_error *error)
{
    struct survey s = {.sample = sample, .schema = schema, .found = found};
    const int status = run_survey(&s, error);
    if (status != WATTLE_OK)
        return status;
    if ((s.seen & (1U << UNIT_KW)) != 0)
        csv_schema_set_value_kind(schema, WATTLE_VALUE_POWER_KW);
    found->is_value_assumed = (s.seen & (1U << UNIT_W | 1U << UNIT_KW)) == 0;
    return WATTLE_OK;
}
