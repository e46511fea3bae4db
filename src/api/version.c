/*
 * version.c - the version of the library, as opposed to that of the headers.
 */
#include "wattle/wattle.h"

const char *
wattle_version(void)
{
    return WATTLE_VERSION;
}
