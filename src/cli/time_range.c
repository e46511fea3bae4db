/*
 * time_range.c - days, months and years as two midnights.
 *
 * The library says when a date begins; here is only which date is the next.
 */
#include "cli/time_range.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wattle/wattle.h"

void
time_range_init(struct time_range *range)
{
    *range = (struct time_range){WATTLE_NO_TIME, WATTLE_NO_TIME, NULL, false};
}

/* A date, month or year of `len` bytes: digits with '-' where they belong. */
static bool
has_shape(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool is_dash = i == 4 || i == 7;
        if (is_dash ? text[i] != '-' : text[i] < '0' || text[i] > '9')
            return false;
    }
    return text[len] == '\0';
}

/* When a date begins; months and days beyond the calendar are carried over. */
static bool
begin_of(int year, int month, int day, int64_t *time_ms)
{
    char text[64];
    struct tm date = {.tm_year = year - 1900,
                      .tm_mon = month - 1,
                      .tm_mday = day,
                      .tm_hour = 12};
    if (timegm(&date) == (time_t)-1)
        return false;
    snprintf(text, sizeof(text), "%04d-%02d-%02d", date.tm_year + 1900,
             date.tm_mon + 1, date.tm_mday);
    return wattle_parse_time(text, time_ms) == WATTLE_OK;
}

/* Sets the range to a day, month or year, as much of a date as is given. */
static bool
take_period(struct time_range *range, const struct cli_parser *parser,
            size_t len, const char *example)
{
    const char *text = parser->value;
    int year = 0, month = 1, day = 1;
    int64_t written_ms; /* refuses days that the month does not have */
    bool is_good = has_shape(text, len) &&
                   sscanf(text, "%d-%d-%d", &year, &month, &day) >= 1 &&
                   month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
                   begin_of(year, month, day, &range->since_ms) &&
                   begin_of(year + (len == 4), month + (len == 7),
                            day + (len == 10), &range->until_ms);
    if (is_good && len == 10)
        is_good = wattle_parse_time(text, &written_ms) == WATTLE_OK;
    if (!is_good)
        cli_complain(parser->command, "--%s needs a %s such as %s, not '%s'",
                     parser->name, parser->name, example, text);
    return is_good;
}

static bool
take_last(struct time_range *range, const struct cli_parser *parser)
{
    struct timespec now;
    int64_t span_ms;
    if (!cli_span_ms(parser, 1, INT64_C(36600) * 86400000, &span_ms))
        return false;
    clock_gettime(CLOCK_REALTIME, &now);
    range->until_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    range->since_ms = range->until_ms - span_ms;
    return true;
}

bool
time_range_take(struct time_range *range, const struct cli_parser *parser,
                int option)
{
    const bool is_limit = option == OPT_SINCE || option == OPT_UNTIL;
    if (range->period != NULL || (!is_limit && range->has_limit)) {
        cli_complain(parser->command, "--%s and --%s: give one of them",
                     range->period != NULL ? range->period : "since or --until",
                     parser->name);
        return false;
    }
    range->period = is_limit ? NULL : parser->name;
    range->has_limit = is_limit;
    switch (option) {
    case OPT_SINCE:
        return cli_time_ms(parser, &range->since_ms);
    case OPT_UNTIL:
        return cli_time_ms(parser, &range->until_ms);
    case OPT_DAY:
        return take_period(range, parser, strlen("2025-02-28"), "2025-02-28");
    case OPT_MONTH:
        return take_period(range, parser, strlen("2025-02"), "2025-02");
    case OPT_YEAR:
        return take_period(range, parser, strlen("2025"), "2025");
    default:
        return take_last(range, parser);
    }
}

bool
time_range_check(const struct time_range *range, const struct command *command)
{
    if (range->since_ms == WATTLE_NO_TIME ||
        range->until_ms == WATTLE_NO_TIME || range->since_ms < range->until_ms)
        return true;
    cli_complain(command, "--since must be before --until");
    return false;
}
