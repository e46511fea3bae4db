/*
 * defect_text.c - takes a line apart, spoils a field, puts it together.
 *
 * There is one function for each defect of a single row but DEFECT_DUPLICATE,
 * which leaves the text as it is. What a reader must make of the result is in
 * defects.c. An assertion checks that it fits DEFECT_TEXT_MAX.
 */
#include "generate/defect_text.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { FIELD_TIME, FIELD_DEVICE, FIELD_VOLTAGE, FIELD_CURRENT, FIELD_PF };
enum { N_FIELDS = 5, MAX_FIELDS = 7, FIELD_SIZE = 48 };

struct fields {
    char text[MAX_FIELDS][FIELD_SIZE];
    unsigned n;
    const char *end; /* of the line */
};

static void
set_text(char field[FIELD_SIZE], const char *text)
{
    size_t len = strlen(text);
    assert(len < FIELD_SIZE);
    memcpy(field, text, len + 1);
}

static void
split(struct fields *fields, const char *line, size_t len)
{
    memset(fields, 0, sizeof(*fields));
    fields->end = "\n";
    size_t at = 0;
    for (size_t i = 0; i + 1 < len; i++) {
        if (line[i] == ',') {
            fields->n++;
            at = 0;
            continue;
        }
        assert(fields->n < N_FIELDS && at + 1 < FIELD_SIZE);
        fields->text[fields->n][at++] = line[i];
    }
    fields->n++;
}

static char *
put_text(char *out, const char *text)
{
    size_t len = strlen(text);
    memcpy(out, text, len);
    return out + len;
}

static char *
join(char *out, const struct fields *fields)
{
    for (unsigned i = 0; i < fields->n; i++) {
        if (i > 0)
            *out++ = ',';
        out = put_text(out, fields->text[i]);
    }
    return put_text(out, fields->end);
}

/* Puts text before and after a field. */
static void
surround(char field[FIELD_SIZE], const char *before, const char *after)
{
    char copy[FIELD_SIZE];
    memcpy(copy, field, FIELD_SIZE);
    size_t len = strlen(copy);
    assert(strlen(before) + len + strlen(after) < FIELD_SIZE);
    char *end = put_text(field, before);
    memcpy(end, copy, len);
    end = put_text(end + len, after);
    *end = '\0';
}

/* Voltage, current or power factor. */
static char *
some_number(struct fields *fields, uint32_t variant)
{
    return fields->text[FIELD_VOLTAGE + variant % 3];
}

static void
drop_fields(struct fields *fields, uint32_t variant)
{
    fields->n = 2 + variant % 3;
}

static void
add_fields(struct fields *fields, uint32_t variant)
{
    static const char *const extra[] = {"", "OK", "50.0", "W"};
    set_text(fields->text[fields->n++], extra[variant % 4]);
    if (variant / 4 % 4 == 0)
        set_text(fields->text[fields->n++], extra[variant / 16 % 4]);
}

static void
lose_value(struct fields *fields, uint32_t variant)
{
    static const char *const tokens[] = {"",    "null",    "NaN",
                                         "n/a", "unknown", "unavailable"};
    set_text(some_number(fields, variant), tokens[variant / 3 % 6]);
}

static void
lose_device(struct fields *fields, uint32_t variant)
{
    set_text(fields->text[FIELD_DEVICE], variant % 2 == 0 ? "" : " ");
}

static void
spoil_number(struct fields *fields, uint32_t variant)
{
    static const char *const texts[] = {"12.3.4", "abc", "0x1F", "--1",
                                        "1e",     "5.",  ".5",   "\"1,5\""};
    set_text(some_number(fields, variant), texts[variant / 3 % 8]);
}

static void
spoil_date(struct fields *fields, uint32_t variant)
{
    char *time = fields->text[FIELD_TIME];
    switch (variant % 5) {
    case 0:
        memcpy(time + 5, "02-30", 5);
        break;
    case 1:
        memcpy(time + 5, "13-01", 5);
        break;
    case 2:
        memcpy(time + 11, "25:00", 5);
        break;
    case 3:
        memcpy(time + 14, "61", 2);
        break;
    default:
        set_text(time, "yesterday");
    }
}

static void
spoil_power_factor(struct fields *fields, uint32_t variant)
{
    static const char *const texts[] = {"1.2", "1.2", "1.05", "-1.2"};
    set_text(fields->text[FIELD_PF], texts[variant % 4]);
}

static void
negate_current(struct fields *fields, uint32_t variant)
{
    (void)variant;
    char *current = fields->text[FIELD_CURRENT];
    if (strcmp(current, "0.0") == 0)
        set_text(current, "0.5");
    surround(current, "-", "");
}

static void
quote_fields(struct fields *fields, uint32_t variant)
{
    bool all = variant % 2 == 0;
    for (unsigned i = 0; i < N_FIELDS; i++) {
        if (all || i == FIELD_DEVICE)
            surround(fields->text[i], "\"", "\"");
    }
}

static void
quote_newline(struct fields *fields, uint32_t variant)
{
    (void)variant;
    surround(fields->text[FIELD_DEVICE], "\"", ", spare\nsocket\"");
}

static void
pad_fields(struct fields *fields, uint32_t variant)
{
    const char *blank = variant % 4 == 0 ? "\t" : " ";
    for (unsigned i = 0; i < N_FIELDS; i++) {
        if (i > 0 || variant % 2 == 0)
            surround(fields->text[i], blank, variant % 8 < 4 ? blank : "");
    }
}

static void
end_with_crlf(struct fields *fields, uint32_t variant)
{
    (void)variant;
    fields->end = "\r\n";
}

static void
add_blank_line(struct fields *fields, uint32_t variant)
{
    static const char *const ends[] = {"\n\n", "\n\r\n", "\n\n\n"};
    fields->end = ends[variant % 3];
}

static void (*const spoilers[N_ROW_DEFECTS])(struct fields *, uint32_t) = {
    [DEFECT_MISSING_FIELDS] = drop_fields,
    [DEFECT_EXTRA_FIELDS] = add_fields,
    [DEFECT_MISSING_VALUE] = lose_value,
    [DEFECT_MISSING_DEVICE] = lose_device,
    [DEFECT_BAD_NUMBER] = spoil_number,
    [DEFECT_BAD_DATE] = spoil_date,
    [DEFECT_BAD_POWER_FACTOR] = spoil_power_factor,
    [DEFECT_NEGATIVE_CURRENT] = negate_current,
    [DEFECT_QUOTED_FIELDS] = quote_fields,
    [DEFECT_QUOTED_NEWLINE] = quote_newline,
    [DEFECT_PADDED_FIELDS] = pad_fields,
    [DEFECT_CRLF_LINE] = end_with_crlf,
    [DEFECT_BLANK_LINE] = add_blank_line,
};

char *
defect_text_put(char *out, enum defect defect, uint32_t variant,
                const char *line, size_t len)
{
    struct fields fields;
    split(&fields, line, len);
    assert(defect < N_ROW_DEFECTS && spoilers[defect] != NULL);
    spoilers[defect](&fields, variant);
    char *end = join(out, &fields);
    assert(end - out <= DEFECT_TEXT_MAX);
    return end;
}
