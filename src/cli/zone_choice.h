/*
 * zone_choice.h - whose clocks: --tz, else the environment variable WATTLE_TZ,
 * else the zone of a database, else that of the machine.
 */
#ifndef CLI_ZONE_CHOICE_H
#define CLI_ZONE_CHOICE_H

#include <stdbool.h>

#include "cli/command.h"
#include "wattle/zone.h"

/* The option's id in every command. */
enum { OPT_TZ = 1010 };

/* A row of an option table; `otherwise`: what comes after WATTLE_TZ. */
#define ZONE_OPTION(otherwise)                                                 \
    {                                                                          \
        OPT_TZ, "tz", "ZONE",                                                  \
            "time zone, such as Europe/Brussels, of hours and days and of "    \
            "times without an offset (default: WATTLE_TZ, else " otherwise     \
            ")",                                                               \
            NULL                                                               \
    }

/* Zero-initialised; to be closed in any case. */
struct zone_choice {
    const char *name; /* what was asked for, or NULL */
    struct wattle_zone *zone;
    bool is_assumed; /* nobody has named it */
};

/*
 * Opens what was asked for; *zone is NULL when nothing was. False after one
 * line on stderr.
 */
bool zone_choice_open(struct zone_choice *choice,
                      const struct command *command);

/*
 * The same, and when nothing was asked for the zone of a database, or of the
 * machine when there is none (NULL).
 */
bool zone_choice_complete(struct zone_choice *choice,
                          const struct command *command, const char *database);

/*
 * The same for what is to be kept: the machine's zone must have a name by which
 * other machines find it. Where it has none, *zone is NULL, for UTC.
 */
bool zone_choice_to_keep(struct zone_choice *choice,
                         const struct command *command);

void zone_choice_close(struct zone_choice *choice);

#endif
