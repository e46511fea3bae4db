/*
 * version.c - the version of the library, as opposed to that of the headers
 * that a program was compiled with.
 */
#include "wattle/version.h"

const char *
wattle_version(void)
{
    return WATTLE_VERSION;
}

int
wattle_version_number(void)
{
    return WATTLE_VERSION_NUMBER;
}
