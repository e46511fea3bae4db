/*
 * time_range.h - the options that say which time: --since and --until, or one
 * of --day, --month, --year and --last.
 */
#ifndef CLI_TIME_RANGE_H
#define CLI_TIME_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/command.h"
#include "wattle/zone.h"

/* Ids that the options have in every command; its own are below. */
enum { OPT_SINCE = 1000, OPT_UNTIL, OPT_DAY, OPT_MONTH, OPT_YEAR, OPT_LAST };

/* Rows of an option table; `heading` as in struct cli_option. */
#define TIME_RANGE_OPTIONS(heading)                                            \
    {OPT_SINCE, "since", "TIME", "only readings from this time on", heading},  \
        {OPT_UNTIL, "until", "TIME", "only readings before this time", NULL},  \
        {OPT_DAY, "day", "DATE", "only this day, such as 2025-02-28", NULL},   \
        {OPT_MONTH, "month", "MONTH", "only this month, such as 2025-02",      \
         NULL},                                                                \
        {OPT_YEAR, "year", "YEAR", "only this year, such as 2025", NULL},      \
    {                                                                          \
        OPT_LAST, "last", "SPAN",                                              \
            "only the time up to now, such as 30d or 1mo", NULL                \
    }

/* What was given: zeros are nothing. */
struct time_range {
    const char *since, *until;
    int year, month, day; /* of a period; month, day 0 = all of them */
    int64_t last_ms;      /* > 0: the time up to now */
    int last_months;      /* the same in months of the calendar */
    const char *period;   /* the option that has set all of it, or NULL */
};

/* Whether it says anything. */
static inline bool
time_range_is_given(const struct time_range *range)
{
    return range->since != NULL || range->until != NULL ||
           range->period != NULL;
}

/* Whether an option is one of these. */
static inline bool
time_range_owns(int option)
{
    return option >= OPT_SINCE && option <= OPT_LAST;
}

/* Takes one of them; false after one line on stderr. */
bool time_range_take(struct time_range *range, const struct cli_parser *parser,
                     int option);

/*
 * The range as times; WATTLE_NO_TIME = no limit. Dates and times without an
 * offset are of the zone, NULL = UTC. False after one line on stderr, when the
 * begin is not before the end.
 */
bool time_range_resolve(const struct time_range *range,
                        const struct command *command,
                        const struct wattle_zone *zone, int64_t *since_ms,
                        int64_t *until_ms);

#endif
