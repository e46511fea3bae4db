/*
 * version.h - the version of the headers and that of the library in use.
 *
 * The build takes the version from here, too.
 */
#ifndef WATTLE_VERSION_H
#define WATTLE_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define WATTLE_VERSION_MAJOR 0
#define WATTLE_VERSION_MINOR 1
#define WATTLE_VERSION_PATCH 0

/* 0.1.0 is 100, 12.34.56 is 123456: to be compared. */
#define WATTLE_VERSION_NUMBER                                                  \
    (WATTLE_VERSION_MAJOR * 10000 + WATTLE_VERSION_MINOR * 100 +               \
     WATTLE_VERSION_PATCH)

#define WATTLE_VERSION_TEXT_(x) #x
#define WATTLE_VERSION_TEXT(x)  WATTLE_VERSION_TEXT_(x)
#define WATTLE_VERSION                                                         \
    WATTLE_VERSION_TEXT(WATTLE_VERSION_MAJOR)                                  \
    "." WATTLE_VERSION_TEXT(WATTLE_VERSION_MINOR) "." WATTLE_VERSION_TEXT(     \
        WATTLE_VERSION_PATCH)

/*
 * The version of the library in use, as a text and as a number; it may be
 * another one than that of the headers. The text is static. Any thread.
 */
const char *wattle_version(void);
int wattle_version_number(void);

#ifdef __cplusplus
}
#endif

#endif
