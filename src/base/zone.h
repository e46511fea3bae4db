/*
 * zone.h - time zones of the IANA database: how far local time is from UTC.
 *
 * A zone is read once and does not change; any number of threads may use it.
 * Times are ms since 1970; a local time is counted as if it were UTC.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "wattle/error.h"

struct zone;

/*
 * Reads a zone by its name, such as Europe/Berlin or UTC. NULL: that of the
 * machine, from the environment variable TZ or from /etc/localtime; its name is
 * then what these say. WATTLE_ERR_USAGE when there is no such zone,
 * WATTLE_ERR_FORMAT when its file is damaged, or WATTLE_ERR_MEMORY.
 */
int zone_open(struct zone **zone, const char *name, struct wattle_error *error);
void zone_close(struct zone *zone);

/* "Europe/Berlin"; belongs to the zone. */
const char *zone_name(const struct zone *zone);

/* Whether local time is always UTC. */
bool zone_is_utc(const struct zone *zone);

/* A time over which one offset holds, half-open, in UTC. */
struct zone_span {
    int64_t from_ms, until_ms; /* INT64_MIN, INT64_MAX = no limit */
    int64_t offset_ms;         /* local - UTC */
};

/* The span that a UTC time lies in, or a part of it that holds the time. */
struct zone_span zone_at(const struct zone *zone, int64_t utc_ms);

/*
 * The UTC times of a local time, ascending: none when clocks were put forward
 * over it, two when they were put back. Returns how many.
 */
int zone_to_utc(const struct zone *zone, int64_t local_ms, int64_t utc_ms[2]);

#endif
