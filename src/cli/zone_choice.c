/*
 * zone_choice.c - the first of several places that names a zone.
 *
 * A zone of the machine is a guess about what files mean, and said to be one.
 */
#include "cli/zone_choice.h"

#include <stdlib.h>

bool
zone_choice_open(struct zone_choice *choice, const struct command *command)
{
    struct wattle_error error = {0};
    const char *wish = getenv("WATTLE_TZ");
    const bool is_wish = choice->name == NULL;
    const char *name = is_wish ? wish : choice->name;
    if (choice->zone != NULL || name == NULL || (is_wish && name[0] == '\0'))
        return true;
    if (wattle_zone_open(&choice->zone, name, &error) == WATTLE_OK)
        return true;
    cli_complain(command, "%s: %s", is_wish ? "WATTLE_TZ" : "--tz",
                 error.message);
    return false;
}

bool
zone_choice_complete(struct zone_choice *choice, const struct command *command,
                     const char *database)
{
    struct wattle_error error = {0};
    if (!zone_choice_open(choice, command))
        return false;
    if (choice->zone != NULL)
        return true;
    choice->is_assumed = database == NULL;
    int status = database != NULL
                     ? wattle_zone_of_database(&choice->zone, database, &error)
                     : wattle_zone_open(&choice->zone, NULL, &error);
    if (status != WATTLE_OK)
        cli_complain_error(command, &error);
    return status == WATTLE_OK;
}

bool
zone_choice_to_keep(struct zone_choice *choice, const struct command *command)
{
    struct wattle_zone *machine = NULL;
    if (!zone_choice_open(choice, command))
        return false;
    if (choice->zone != NULL)
        return true;
    choice->is_assumed = true;
    if (wattle_zone_open(&machine, NULL, NULL) == WATTLE_OK)
        wattle_zone_open(&choice->zone, wattle_zone_name(machine), NULL);
    wattle_zone_close(machine);
    return true;
}

void
zone_choice_close(struct zone_choice *choice)
{
    wattle_zone_close(choice->zone);
    choice->zone = NULL;
}
