/*
 * error.h - status codes and the error record of libwattle.
 *
 * Every public function that can fail returns an int status: 0 for success,
 * a negative code from enum wattle_status otherwise. A function that takes a
 * `struct wattle_error *` fills it on failure; NULL is allowed everywhere and
 * means the caller does not want the words. The library never prints and
 * never ends the process.
 */
#ifndef WATTLE_ERROR_H
#define WATTLE_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a function returns: 0, or why it failed. */
enum wattle_status {
    WATTLE_OK = 0,
    WATTLE_ERR_MEMORY = -1,   /* out of memory */
    WATTLE_ERR_USAGE = -2,    /* an argument or option makes no sense */
    WATTLE_ERR_IO = -3,       /* the system refused to open, read or write */
    WATTLE_ERR_FORMAT = -4,   /* the bytes are not what was expected */
    WATTLE_ERR_CPU = -5,      /* this CPU lacks what was asked for */
    WATTLE_ERR_CHANGED = -6,  /* the input changed while it was read */
    WATTLE_ERR_NO_INPUT = -7, /* not one of the given files could be used */
    WATTLE_ERR_BUSY = -8,     /* another program is writing to the database */
    WATTLE_ERR_CANCELLED = -9 /* see cancel.h */
};

/* Why something failed, and where. This structure does not grow. */
struct wattle_error {
    int code;          /* a value of enum wattle_status */
    uint64_t line;     /* line in the file, counted from 1; 0 = not known */
    char path[1024];   /* the file concerned, cut to fit; "" = none */
    char message[512]; /* one sentence without a newline, UTF-8 */
};

/*
 * The fixed English text of a status code, such as "out of memory".
 * Never NULL; unknown codes yield "unknown error". The text is static.
 */
const char *wattle_status_text(int status);

#ifdef __cplusplus
}
#endif

#endif
