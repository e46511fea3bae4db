/*
 * template_builder.c - finds the digits of an approved row.
 *
 * The row is known to be a valid reading, so this file only has to tell
 * where things are, and to refuse what a template cannot express: quotes, NUL,
 * exponents, more than five digits before or three after the point, more
 * than three decimals in seconds, ids over 255 bytes.
 */
#include "formats/template_builder.h"

#include <string.h>

#include "base/decimal.h"
#include "simd/kernels.h"

#define WHOLE_DIGITS 5 /* of a number cell; the other three are decimals */

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

void
template_plan_init(struct template_plan *plan, const struct csv_schema *schema)
{
    /* a shape shows where bytes below '0' are: a delimiter must be one */
    *plan = (struct template_plan){
        .is_possible = schema->dialect->delimiter < '0',
        .delimiter = (uint8_t)schema->dialect->delimiter,
        .decimal = (uint8_t)schema->dialect->decimal,
    };
    for (int k = 0; k < TEMPLATE_NUMBERS; k++)
        plan->number_max[k] = INT64_MAX;
    for (int role = ROLE_VALUE; role < N_ROLES; role++) {
        if ((schema->roles & (1u << role)) == 0)
            continue;
        if (plan->n_numbers == TEMPLATE_NUMBERS) {
            plan->is_possible = false;
            return;
        }
        int k = plan->n_numbers++;
        const struct wattle_measure_info *info =
            &measure_table[csv_schema_measure(schema, role)];
        plan->role_of_number[k] = (uint8_t)role;
        plan->may_be_negative[k] = info->min_nano < 0;
        if (info->max_nano < DECIMAL_MAX)
            plan->number_max[k] = info->max_nano / 1000000;
    }
}

struct span {
    const uint8_t *row;
    size_t at, end; /* offsets in the row */
};

static struct span
trim(struct span s)
{
    while (s.at < s.end && (s.row[s.at] == ' ' || s.row[s.at] == '\t'))
        s.at++;
    while (s.at < s.end &&
           (s.row[s.end - 1] == ' ' || s.row[s.end - 1] == '\t'))
        s.end--;
    return s;
}

static void
put_digit(struct row_template *template, int cell, int place, size_t offset)
{
    template->source[cell * TEMPLATE_CELL + place] = (uint8_t)offset;
}

/* Puts `count` digits so that the last one stands at `last_place`. */
static void
put_digits(struct row_template *template, int cell, int last_place,
           size_t offset, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_digit(template, cell, last_place - (int)(count - 1 - i),
                  offset + i);
}

static size_t
count_digits(const struct span *s)
{
    size_t n = 0;
    while (s->at + n < s->end && is_digit(s->row[s->at + n]))
        n++;
    return n;
}

static bool
place_number(struct row_template *template, const struct template_plan *plan,
             int number, struct span s)
{
    s = trim(s);
    bool minus = s.at < s.end && s.row[s.at] == '-';
    /* "-0" is a valid voltage, but no pattern for others of its shape */
    if (minus && !plan->may_be_negative[number])
        return false;
    if (s.at < s.end && (s.row[s.at] == '-' || s.row[s.at] == '+'))
        s.at++;
    size_t whole = count_digits(&s);
    if (whole == 0 || whole > WHOLE_DIGITS)
        return false;
    put_digits(template, number, WHOLE_DIGITS - 1, s.at, whole);
    s.at += whole;
    if (s.at < s.end && s.row[s.at] == plan->decimal) {
        s.at++;
        size_t places = count_digits(&s);
        if (places > TEMPLATE_CELL - WHOLE_DIGITS)
            return false;
        put_digits(template, number, WHOLE_DIGITS - 1 + (int)places, s.at,
                   places);
        s.at += places;
    }
    if (minus)
        template->negative |= (uint8_t)(1u << number);
    return s.at == s.end;
}

static void
fix_byte(struct row_template *template, const uint8_t *row, size_t offset)
{
    template->literal_mask |= UINT64_C(1) << offset;
    template->literal[offset] = row[offset];
}

/* Z, +HH, +HHMM, +HH:MM: their bytes are fixed, the offset a constant. */
static bool
place_zone(struct row_template *template, struct span s)
{
    template->is_local = s.at == s.end;
    if (s.at == s.end)
        return true;
    int digit[6] = {0};
    int n = 0;
    for (size_t i = s.at; i < s.end; i++) {
        fix_byte(template, s.row, i);
        if (is_digit(s.row[i]) && n < 6)
            digit[n++] = s.row[i] - '0';
    }
    if (s.row[s.at] == 'Z')
        return true;
    int64_t minutes =
        (digit[0] * 10 + digit[1]) * 60 + digit[2] * 10 + digit[3];
    bool west = s.row[s.at] == '-';
    int64_t seconds = minutes * 60 + digit[4] * 10 + digit[5];
    template->zone_ms = (west ? -seconds : seconds) * 1000;
    return true;
}

static bool
place_civil(struct row_template *template, struct span s)
{
    static const struct {
        uint8_t cell, place, offset, count;
    } parts[] = {{TEMPLATE_DATE_CELL, 3, 0, 4},
                 {TEMPLATE_DATE_CELL, 5, 5, 2},
                 {TEMPLATE_DATE_CELL, 7, 8, 2},
                 {TEMPLATE_TIME_CELL, 1, 11, 2},
                 {TEMPLATE_TIME_CELL, 3, 14, 2}};
    static const uint8_t fixed[] = {4, 7, 10, 13};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        put_digits(template, parts[i].cell, parts[i].place,
                   s.at + parts[i].offset, parts[i].count);
    for (size_t i = 0; i < sizeof(fixed); i++)
        fix_byte(template, s.row, s.at + fixed[i]);
    s.at += 16;
    if (s.at < s.end && s.row[s.at] == ':') {
        fix_byte(template, s.row, s.at);
        put_digits(template, TEMPLATE_TIME_CELL, 5, s.at + 1, 2);
        s.at += 3;
        if (s.at < s.end && s.row[s.at] == '.') {
            s.at++;
            size_t places = count_digits(&s);
            if (places > 3)
                return false;
            put_digits(template, TEMPLATE_MS_CELL, 4 + (int)places, s.at,
                       places);
            s.at += places;
        }
    }
    template->time_kind = TEMPLATE_CIVIL;
    return place_zone(template, s);
}

/* 9 to 15 digits; eight may be a date, and fewer are not worth it. */
static bool
place_unix(struct row_template *template, struct span s)
{
    size_t n = count_digits(&s);
    if (n < 9 || s.at + n != s.end)
        return false;
    put_digits(template, TEMPLATE_DATE_CELL, 7, s.at + n - 8, 8);
    put_digits(template, TEMPLATE_MS_CELL, 7, s.at, n - 8);
    template->time_kind = TEMPLATE_UNIX;
    return true;
}

static bool
place_device(struct row_template *template, struct span s)
{
    s = trim(s);
    size_t len = s.end - s.at;
    template->device_at = (uint8_t)s.at;
    template->device_len = (uint8_t)len;
    /* longer ids are looked up by their text; their cells stay zero */
    for (size_t i = 0; i < len && len <= 16; i++) {
        template->source[TEMPLATE_DEVICE_AT + i] = (uint8_t)(s.at + i);
        template->device_mask[i] = 0xff;
    }
    return true;
}

static bool
place_field(struct row_template *template, const struct template_plan *plan,
            uint8_t role, struct span s)
{
    if (role == ROLE_NONE)
        return true;
    if (role == ROLE_DEVICE)
        return place_device(template, s);
    if (role == ROLE_TIME) {
        s = trim(s);
        bool civil = s.end - s.at > 4 && s.row[s.at + 4] == '-';
        return civil ? place_civil(template, s) : place_unix(template, s);
    }
    for (int k = 0; k < plan->n_numbers; k++) {
        if (plan->role_of_number[k] == role)
            return place_number(template, plan, k, s);
    }
    return false;
}

/* What follows from `source` and `literal`, for the different machines. */
static bool
derive(struct row_template *template)
{
    for (int i = 0; i < TEMPLATE_BYTES; i++) {
        bool moved = template->source[i] != TEMPLATE_NOTHING;
        uint64_t bit = UINT64_C(1) << i;
        template->source_mask |= moved ? bit : 0;
        if ((template->literal_mask & bit) != 0)
            template->literal_bytes[i] = 0xff;
    }
    memset(template->gather, 0x80, sizeof(template->gather));
    for (int cell = 0; cell < TEMPLATE_CELLS; cell++) {
        const uint8_t *source = &template->source[cell * TEMPLATE_CELL];
        uint8_t first = TEMPLATE_BYTES;
        for (int k = 0; k < TEMPLATE_CELL; k++)
            first = source[k] < first ? source[k] : first;
        template->window[cell] = first == TEMPLATE_BYTES ? 0 : first;
        for (int k = 0; k < TEMPLATE_CELL; k++) {
            if (source[k] == TEMPLATE_NOTHING)
                continue;
            int within = source[k] - template->window[cell];
            if (within > 15)
                return false;
            /* cells 0 and 1 below 2 and 3; cells 4 and 5 in both places */
            if (cell != 2 && cell != 3)
                template->gather[cell][k] = (uint8_t)within;
            if (cell >= 2)
                template->gather[cell][TEMPLATE_CELL + k] = (uint8_t)within;
            template->zero_char[cell * TEMPLATE_CELL + k] = '0';
        }
    }
    return true;
}

bool
template_build(struct row_template *template, const struct csv_schema *schema,
               const struct template_plan *plan, const uint8_t *row, size_t len)
{
    if (!plan->is_possible || len > TEMPLATE_BYTES ||
        memchr(row, '"', len) != NULL || memchr(row, 0, len) != NULL)
        return false;
    *template = (struct row_template){.shape = kernels_shape(row)};
    memset(template->source, TEMPLATE_NOTHING, sizeof(template->source));
    for (size_t i = 0; i < len; i++) {
        if (row[i] < '0')
            fix_byte(template, row, i);
    }
    size_t end = len - 1; /* without LF and CR */
    while (end > 0 && row[end - 1] == '\r')
        end--;
    struct span field = {row, 0, 0};
    for (size_t column = 0; column < schema->n_columns; column++) {
        field.end = field.at;
        while (field.end < end && row[field.end] != plan->delimiter)
            field.end++;
        if (!place_field(template, plan, schema->role_of[column], field))
            return false;
        field.at = field.end + 1;
    }
    return derive(template);
}
