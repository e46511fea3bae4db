/*
 * zone_names.c - reads zone.tab: country, place and name, with tabs between.
 */
#include "base/zone_names.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_same_letter(char a, char b)
{
    a = a == ' ' || a == '-' ? '_' : lower(a);
    b = b == '-' ? '_' : lower(b);
    return a == b;
}

static bool
is_alike(const char *name, const char *zone)
{
    while (*name != '\0' && is_same_letter(*name, *zone)) {
        name++;
        zone++;
    }
    return *name == '\0' && *zone == '\0';
}

/* Whether a line names a zone like that, which is copied. */
static bool
take_line(char *line, const char *name, char alike[ZONE_NAME_SIZE])
{
    char *rest = NULL;
    strtok_r(line, "\t\n", &rest);
    strtok_r(NULL, "\t\n", &rest);
    const char *zone = strtok_r(NULL, "\t\n", &rest);
    if (line[0] == '#' || zone == NULL || strlen(zone) >= ZONE_NAME_SIZE)
        return false;
    const char *last = strrchr(zone, '/');
    if (!is_alike(name, zone) && (last == NULL || !is_alike(name, last + 1)))
        return false;
    strcpy(alike, zone);
    return true;
}

bool
zone_find_alike(const char *folder, const char *name,
                char alike[ZONE_NAME_SIZE])
{
    char path[PATH_MAX], line[512];
    struct stat info;
    bool is_found = false;
    snprintf(path, sizeof(path), "%s/zone.tab", folder);
    FILE *file = stat(path, &info) == 0 && S_ISREG(info.st_mode)
                     ? fopen(path, "r")
                     : NULL;
    if (file == NULL)
        return false;
    while (!is_found && fgets(line, sizeof(line), file) != NULL)
        is_found = take_line(line, name, alike);
    fclose(file);
    return is_found;
}
