/*
 * zone.h - time zones: whose clocks hours, days and months are of, and times
 * that come without an offset.
 *
 * Zones are those of the IANA database, as the system keeps it in
 * /usr/share/zoneinfo (or in the folder TZDIR). A zone does not change once it
 * is open; any number of calls and threads may use it at a time.
 */
#ifndef WATTLE_ZONE_H
#define WATTLE_ZONE_H

#include <stdint.h>

#include "wattle/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wattle_zone;

/*
 * Opens a zone by its name, such as Europe/Berlin or UTC. NULL: that of the
 * machine, from the environment variable TZ or from /etc/localtime; its name is
 * then what these say. WATTLE_ERR_USAGE when there is no such zone,
 * WATTLE_ERR_FORMAT when its file is damaged, or WATTLE_ERR_MEMORY; *zone is
 * NULL then.
 */
int wattle_zone_open(struct wattle_zone **zone, const char *name,
                     struct wattle_error *error);

/*
 * Opens the zone of a database: that of its days. WATTLE_ERR_USAGE when this
 * machine does not know it; else as wattle_zone_open, and as opening the
 * database (database.h).
 */
int wattle_zone_of_database(struct wattle_zone **zone, const char *path,
                            struct wattle_error *error);

/* To be called when nothing uses it any more; NULL is harmless. */
void wattle_zone_close(struct wattle_zone *zone);

/* "Europe/Berlin"; belongs to the zone. "UTC" for NULL. */
const char *wattle_zone_name(const struct wattle_zone *zone);

/*
 * Reads a time: 2025-03-30, 2025-03-30 08:00, 2025-03-30T08:00:00+02:00, or
 * unix seconds or ms. Without an offset it is of the zone; NULL = UTC. Of a
 * time that clocks show twice it is the first one; one that they do not show is
 * the moment when they are put forward over it. 0 or WATTLE_ERR_FORMAT.
 */
int wattle_zone_parse_time(const struct wattle_zone *zone, const char *text,
                           int64_t *time_ms);

#ifdef __cplusplus
}
#endif

#endif
