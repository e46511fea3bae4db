/*
 * version.c - the version of the library, as opposed to that of the headers
 * that a program was compiled with.
 *
 * Both are the macros of wattle/version.h: here as the library was built with
 * them. A program compares the two to find out whether they belong together.
 * tools/version.sh reads the same header for the build.
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
