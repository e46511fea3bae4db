/*
 * civil_time.h - calendar dates and timestamps, UTC, proleptic Gregorian.
 *
 * Ground floor. A point in time is milliseconds since 1970-01-01T00:00:00Z;
 * a day is a count of days since then.
 */
#ifndef BASE_CIVIL_TIME_H
#define BASE_CIVIL_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CIVIL_MS_PER_DAY  INT64_C(86400000)
#define CIVIL_MS_PER_HOUR INT64_C(3600000)

/* First and last millisecond of the years 0000 to 9999. */
#define CIVIL_MIN_MS INT64_C(-62167219200000)
#define CIVIL_MAX_MS INT64_C(253402300799999)

/* From 1990 up to 2100: where digits are a unix time whatever they spell. */
#define CIVIL_UNIX_LEAST_MS INT64_C(631152000000)
#define CIVIL_UNIX_END_MS   INT64_C(4102444800000)

/* Room for the longest text of civil_format, with its end. */
#define CIVIL_TEXT_SIZE 32

/* True for a date of the calendar, year 0 to 9999. */
bool civil_date_is_valid(int year, int month, int day);

/* Days since 1970-01-01 of a valid date. */
int64_t civil_day_from_date(int year, int month, int day);

/* The date of a day; every pointer is written. */
void civil_date_from_day(int64_t day, int *year, int *month, int *day_of_month);

/*
 * Reads a trimmed timestamp: YYYY-MM-DD HH:MM[:SS[.fraction]] with a space or
 * T and an optional Z, +HH, +HHMM, +HH:MM or +HH:MM:SS (none = UTC), or unix
 * seconds
 * (with fraction) or milliseconds. Fractions beyond milliseconds are cut.
 * Digits that spell a date, or a date and a time of day (8, 10, 12 or 14 of
 * them), are refused unless the unix time they would be is of 1990 to 2100:
 * no meter has readings of 1970. False when the text is none of these.
 */
bool civil_parse(const char *text, size_t len, int64_t *time_ms);

/*
 * As civil_parse; *is_local says that the text has no zone: *time_ms is then
 * what a clock shows, as if it were UTC. With takes_date also a bare
 * YYYY-MM-DD.
 */
bool civil_parse_clock(const char *text, size_t len, bool takes_date,
                       int64_t *time_ms, bool *is_local);

/* As civil_parse, and takes a bare YYYY-MM-DD for its midnight. */
bool civil_parse_or_date(const char *text, size_t len, int64_t *time_ms);

/*
 * Writes 2023-10-01T08:00:00Z, with .mmm before Z when not zero; times beyond
 * the calendar as its first or last one.
 */
void civil_format(int64_t time_ms, char out[CIVIL_TEXT_SIZE]);

/* Writes 2023-10-01. */
void civil_format_day(int64_t day, char out[CIVIL_TEXT_SIZE]);

/* time / unit rounded down, also for times before 1970. */
static inline int64_t
civil_floor_div(int64_t time_ms, int64_t unit_ms)
{
    int64_t quotient = time_ms / unit_ms;
    return quotient - (time_ms % unit_ms < 0 ? 1 : 0);
}

#endif
