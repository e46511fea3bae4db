/*
 * ladder_row.c - timestamps and numbers, by the C library or by hand.
 *
 * Every function here takes the text where its field begins and returns where
 * it ends, or NULL when it is not such a field.
 */
#include "ladder_row.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_DIGITS    9 /* before the point */
#define DATE_BYTES    10
#define STAMP_BYTES   19
#define SECONDS_A_DAY 86400

void
ladder_row_parser_init(struct ladder_row_parser *parser,
                       const struct ladder_options *options)
{
    *parser = (struct ladder_row_parser){
        .time = options->time,
        .number = options->number,
        .wants_whole = options->sums == LADDER_SUMS_INTEGER,
    };
    memset(parser->date, '-', DATE_BYTES); /* no date at all */
}

static const char *
time_by_library(const char *text, int64_t *time_s)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &parts);
    int day = parts.tm_mday;
    if (end == NULL)
        return NULL;
    *time_s = timegm(&parts);
    return parts.tm_mday == day ? end : NULL; /* no 30th of February */
}

/* The digits of `pattern` (0) must be digits, all else must be equal. */
static bool
has_form(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; text++, pattern++) {
        if (*pattern == '0' ? *text < '0' || *text > '9' : *text != *pattern)
            return false;
    }
    return true;
}

static int
two_digits(const char *text)
{
    return (text[0] - '0') * 10 + (text[1] - '0');
}

static int
days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

/*
 * Days since 1970-01-01. Years are counted from March, so that the leap day
 * is a year's last and months have a steady pattern of lengths.
 */
static bool
day_of_date(const char *text, int64_t *day)
{
    if (!has_form(text, "0000-00-00"))
        return false;
    int year = two_digits(text) * 100 + two_digits(text + 2);
    int month = two_digits(text + 5);
    int in_month = two_digits(text + 8);
    if (month < 1 || month > 12 || in_month < 1 ||
        in_month > days_of_month(year, month))
        return false;
    int64_t years = year - (month <= 2 ? 1 : 0) + 400;
    int64_t months = (month + 9) % 12;
    *day = years * 365 + years / 4 - years / 100 + years / 400 +
           (months * 153 + 2) / 5 + in_month - 1 - 865565;
    return true;
}

/* Reads ten bytes even of a shorter line; the buffer of lines has them. */
static bool
day_by_memo(struct ladder_row_parser *parser, const char *text, int64_t *day)
{
    parser->n_dates++;
    if (memcmp(text, parser->date, DATE_BYTES) == 0) {
        parser->n_known_dates++;
    } else {
        if (!day_of_date(text, &parser->day))
            return false;
        memcpy(parser->date, text, DATE_BYTES);
    }
    *day = parser->day;
    return true;
}

static const char *
time_by_hand(struct ladder_row_parser *parser, const char *text,
             int64_t *time_s)
{
    int64_t day;
    bool is_date = parser->time == LADDER_TIME_MEMO
                       ? day_by_memo(parser, text, &day)
                       : day_of_date(text, &day);
    const char *clock = text + DATE_BYTES;
    if (!is_date || !has_form(clock, " 00:00:00"))
        return NULL;
    int hour = two_digits(clock + 1);
    int minute = two_digits(clock + 4);
    int second = two_digits(clock + 7);
    if (hour > 23 || minute > 59 || second > 59)
        return NULL;
    *time_s = day * SECONDS_A_DAY + hour * 3600 + minute * 60 + second;
    return text + STAMP_BYTES;
}

static const char *
copy_device(const char *text, char device[LADDER_ID_BYTES])
{
    size_t len = 0;
    memset(device, 0, LADDER_ID_BYTES);
    for (; text[len] != ',' && text[len] != '\0'; len++) {
        if (len == LADDER_ID_BYTES - 1 || text[len] == '"')
            return NULL;
        device[len] = text[len];
    }
    return len > 0 ? text + len : NULL;
}

static const char *
number_by_library(const char *text, bool wants_whole, union ladder_value *value)
{
    char *end;
    double real = strtod(text, &end);
    if (end == text)
        return NULL;
    if (!wants_whole) {
        value->real = real;
        return end;
    }
    double thousandths = nearbyint(real * 1000);
    if (!(fabs(thousandths) < 1e12 && thousandths / 1000 == real))
        return NULL;
    value->whole = (int64_t)thousandths;
    return end;
}

/* Thousandths; a fourth decimal is left, and is no end of a field. */
static const char *
number_by_hand(const char *text, bool wants_whole, union ladder_value *value)
{
    static const int64_t units[] = {1000, 100, 10, 1};
    int64_t sign = *text == '-' ? -1 : 1;
    const char *begin = text += *text == '-';
    int64_t whole = 0;
    int places = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        whole = whole * 10 + (*text - '0');
    if (text == begin || text - begin > MAX_DIGITS)
        return NULL;
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9' && places < 3; places++)
            whole = whole * 10 + (*text++ - '0');
    }
    whole *= sign * units[places];
    if (wants_whole)
        value->whole = whole;
    else
        value->real = (double)whole / 1000;
    return text;
}

static const char *
parse_number(const struct ladder_row_parser *parser, const char *text,
             union ladder_value *value)
{
    return parser->number == LADDER_NUMBER_STRTOD
               ? number_by_library(text, parser->wants_whole, value)
               : number_by_hand(text, parser->wants_whole, value);
}

bool
ladder_row_parse(struct ladder_row_parser *parser, const char *line,
                 struct ladder_row *row)
{
    const char *at = parser->time == LADDER_TIME_STRPTIME
                         ? time_by_library(line, &row->time_s)
                         : time_by_hand(parser, line, &row->time_s);
    if (at == NULL || *at != ',')
        return false;
    at = copy_device(at + 1, row->device);
    for (int i = 0; i < LADDER_VALUES; i++) {
        if (at == NULL || *at != ',')
            return false;
        at = parse_number(parser, at + 1, &row->values[i]);
    }
    return at != NULL && *at == '\0';
}
