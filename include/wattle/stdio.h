/*
 * stdio.h - a writer for a FILE of the C library.
 *
 *     const struct wattle_writer out = wattle_stdio_writer(stdout);
 *     status = wattle_report_write_json(result, false, &out);
 *
 * The library itself knows no FILE. Errors stay with the stream, too: see
 * ferror(3).
 */
#ifndef WATTLE_STDIO_H
#define WATTLE_STDIO_H

#include <stdio.h>

#include "wattle/writer.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline int
wattle_stdio_write(void *context, const void *bytes, size_t len)
{
    return fwrite(bytes, 1, len, (FILE *)context) == len ? 0 : -1;
}

static inline struct wattle_writer
wattle_stdio_writer(FILE *file)
{
    struct wattle_writer writer = {wattle_stdio_write, file, false};
    return writer;
}

#ifdef __cplusplus
}
#endif

#endif
