/*
 * time_range.h - the options that say which time: --since and --until, or one
 * of --day, --month, --year and --last.
 */
#ifndef CLI_TIME_RANGE_H
#define CLI_TIME_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/command.h"

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
        OPT_LAST, "last", "SPAN", "only the time up to now, such as 30d", NULL \
    }

/* WATTLE_NO_TIME = no limit. */
struct time_range {
    int64_t since_ms, until_ms;
    const char *period; /* the option that has set both, or NULL */
    bool has_limit;     /* --since or --until was given */
};

void time_range_init(struct time_range *range);

/* Whether an option is one of these. */
static inline bool
time_range_owns(int option)
{
    return option >= OPT_SINCE && option <= OPT_LAST;
}

/* Takes one of them; false after one line on stderr. */
bool time_range_take(struct time_range *range, const struct cli_parser *parser,
                     int option);

/* Whether the begin is before the end; false after one line on stderr. */
bool time_range_check(const struct time_range *range,
                      const struct command *command);

#endif
