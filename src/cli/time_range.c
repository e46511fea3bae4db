/*
 * time_range.c - days, months and years as two midnights.
 *
 * The library says when a date begins; here is only which date is the next.
 * What was given is kept as it is until it is known whose midnights are meant.
 */
#include "cli/time_range.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wattle/wattle.h"

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

/*
 * When a date begins, by a clock; months and days beyond the calendar are
 * carried over.
 */
static bool
begin_of(const struct wattle_zone *zone, int year, int month, int day,
         int64_t *time_ms)
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
    return wattle_zone_parse_time(zone, text, time_ms) == WATTLE_OK;
}

/* The begin of a period, and that of the next one. */
static bool
period_of(const struct time_range *r, const struct wattle_zone *zone,
          int64_t *since_ms, int64_t *until_ms)
{
    const int month = r->month > 0 ? r->month : 1;
    const int day = r->day > 0 ? r->day : 1;
    if (!begin_of(zone, r->year, month, day, since_ms))
        return false;
    if (!begin_of(zone, r->year + (r->month == 0),
                  month + (r->month > 0 && r->day == 0), day + (r->day > 0),
                  until_ms))
        *until_ms = WATTLE_NO_TIME; /* behind the year 9999 is nothing */
    return true;
}

/* Takes a day, month or year, as much of a date as is given. */
static bool
take_period(struct time_range *range, const struct cli_parser *parser,
            size_t len, const char *example)
{
    const char *text = parser->value;
    int64_t since_ms, until_ms;
    int n = 0;
    if (has_shape(text, len))
        n = sscanf(text, "%d-%d-%d", &range->year, &range->month, &range->day);
    bool is_good = n >= 1 && (n < 2 || range->month >= 1) &&
                   range->month <= 12 && (n < 3 || range->day >= 1) &&
                   period_of(range, NULL, &since_ms, &until_ms);
    if (is_good && n == 3) /* refuses days that the month does not have */
        is_good = wattle_parse_time(text, &since_ms) == WATTLE_OK;
    if (!is_good)
        cli_complain(parser->command, "--%s needs a %s such as %s, not '%s'",
                     parser->name, parser->name, example, text);
    return is_good;
}

static bool
take_limit(const struct cli_parser *parser, const char **text)
{
    int64_t time_ms;
    *text = parser->value;
    return cli_time_ms(parser, &time_ms);
}

static bool
take_last(struct time_range *range, const struct cli_parser *parser)
{
    if (cli_read_months(parser->value, &range->last_months) ||
        cli_read_span(parser->value, 1, INT64_C(36600) * 86400000,
                      &range->last_ms))
        return true;
    cli_complain(parser->command,
                 "--%s needs a span such as 12h, 30d, 1mo or 1y, not '%s'",
                 parser->name, parser->value);
    return false;
}

bool
time_range_take(struct time_range *range, const struct cli_parser *parser,
                int option)
{
    const bool is_limit = option == OPT_SINCE || option == OPT_UNTIL;
    const bool has_limit = range->since != NULL || range->until != NULL;
    if (range->period != NULL || (!is_limit && has_limit)) {
        cli_complain(parser->command, "--%s and --%s: give one of them",
                     range->period != NULL ? range->period : "since or --until",
                     parser->name);
        return false;
    }
    range->period = is_limit ? NULL : parser->name;
    switch (option) {
    case OPT_SINCE:
        return take_limit(parser, &range->since);
    case OPT_UNTIL:
        return take_limit(parser, &range->until);
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

static int
days_of_month(int year, int month)
{
    struct tm end = {.tm_year = year - 1900, .tm_mon = month, .tm_hour = 12};
    return timegm(&end) != (time_t)-1 ? end.tm_mday : 28; /* of its day 0 */
}

/* The same day and hour some months earlier, or the last day of that month. */
static int64_t
months_before(const struct wattle_zone *zone, int64_t now_ms, int months)
{
    const time_t tomorrow = (time_t)(now_ms / 1000) + 86400;
    struct tm date;
    int64_t day_ms = INT64_MAX, since_ms = now_ms;
    if (gmtime_r(&tomorrow, &date) == NULL)
        return now_ms;
    for (; day_ms > now_ms; date.tm_mday--) /* today, by the zone's clocks */
        if (!begin_of(zone, date.tm_year + 1900, date.tm_mon + 1, date.tm_mday,
                      &day_ms))
            return now_ms;
    date.tm_mday++;
    date.tm_hour = 12;
    timegm(&date);
    const int month = 12 * (date.tm_year + 1900) + date.tm_mon - months;
    const int last_day = days_of_month(month / 12, month % 12 + 1);
    const int day = date.tm_mday < last_day ? date.tm_mday : last_day;
    if (month > 0 && begin_of(zone, month / 12, month % 12 + 1, day, &since_ms))
        since_ms += now_ms - day_ms;
    return since_ms;
}

static void
set_last(const struct time_range *range, const struct wattle_zone *zone,
         int64_t *since_ms, int64_t *until_ms)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *until_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    *since_ms = range->last_months > 0
                    ? months_before(zone, *until_ms, range->last_months)
                    : *until_ms - range->last_ms;
}

bool
time_range_resolve(const struct time_range *range,
                   const struct command *command,
                   const struct wattle_zone *zone, int64_t *since_ms,
                   int64_t *until_ms)
{
    *since_ms = *until_ms = WATTLE_NO_TIME;
    if (range->last_ms > 0 || range->last_months > 0)
        set_last(range, zone, since_ms, until_ms);
    else if (range->period != NULL)
        period_of(range, zone, since_ms, until_ms);
    if (range->since != NULL)
        wattle_zone_parse_time(zone, range->since, since_ms);
    if (range->until != NULL)
        wattle_zone_parse_time(zone, range->until, until_ms);
    if (*since_ms == WATTLE_NO_TIME || *until_ms == WATTLE_NO_TIME ||
        *since_ms < *until_ms)
        return true;
    if (range->period != NULL)
        cli_complain(command, "--%s: there was no such %s in %s", range->period,
                     range->period, wattle_zone_name(zone));
    else
        cli_complain(command, "--since must be before --until");
    return false;
}
