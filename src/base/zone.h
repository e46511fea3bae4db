/*
 * zone.h - time zones of the IANA database: how far local time is from UTC.
 *
 * A zone is read once and does not change; any number of threads may use it.
 * Times are ms since 1970; a local time is counted as if it were UTC.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wattle/error.h"
#include "wattle/zone.h"

/* Room for the longest text of zone_format, with its end. */
#define ZONE_TEXT_SIZE 40

/* Whether local time is always UTC. */
bool zone_is_utc(const struct wattle_zone *zone);

/* The zone, but NULL for one that is UTC: what computes faster. */
const struct wattle_zone *zone_unless_utc(const struct wattle_zone *zone);

/* Whether both have one name; NULL is UTC. */
bool zone_is_same(const struct wattle_zone *a, const struct wattle_zone *b);

/* A time over which one offset holds, half-open, in UTC. */
struct zone_span {
    int64_t from_ms, until_ms; /* INT64_MIN, INT64_MAX = no limit */
    int64_t offset_ms;         /* local - UTC */
};

/* The span that a UTC time lies in, or a part of it that holds the time. */
struct zone_span zone_at(const struct wattle_zone *zone, int64_t utc_ms);

/*
 * The UTC times of a local time, ascending: none when clocks were put forward
 * over it, two when they were put back. Returns how many.
 */
int zone_to_utc(const struct wattle_zone *zone, int64_t local_ms,
                int64_t utc_ms[2]);

/*
 * The latest local time that clocks have shown by a UTC time: what they show,
 * but for a while after they were put back. It never falls.
 */
int64_t zone_reached(const struct wattle_zone *zone, int64_t utc_ms);

/* The earliest UTC time at which that is a local time, or later. */
int64_t zone_first_utc(const struct wattle_zone *zone, int64_t local_ms);

/* wattle_zone_parse_time of a text of `len` bytes; false = it is no time. */
bool zone_parse_time(const struct wattle_zone *zone, const char *text,
                     size_t len, int64_t *time_ms);

/*
 * Writes 2025-03-30T08:00:00+02:00, with .mmm when not zero, and Z where the
 * zone is UTC or NULL; times beyond the calendar as its first or last one.
 */
void zone_format(const struct wattle_zone *zone, int64_t time_ms,
                 char out[ZONE_TEXT_SIZE]);

#endif
