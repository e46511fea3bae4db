/*
 * zone_names.h - the name of a time zone that somebody may have meant.
 */
#ifndef BASE_ZONE_NAMES_H
#define BASE_ZONE_NAMES_H

#include <stdbool.h>

#define ZONE_NAME_SIZE 64

/*
 * Looks in the list of names (zone.tab) in the folder of zones for one that is
 * the same but for case and blanks, or the last part of which is: "brussels",
 * "new york". False when there is none.
 */
bool zone_find_alike(const char *folder, const char *name,
                     char alike[ZONE_NAME_SIZE]);

#endif
