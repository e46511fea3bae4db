/*
 * writer.h - where the bytes of a report, of rows or of an export go.
 *
 *     static int
 *     write_to_socket(void *context, const void *bytes, size_t len)
 *     {
 *         return send_all(*(int *)context, bytes, len) ? 0 : -1;
 *     }
 *     ...
 *     const struct wattle_writer out = {write_to_socket, &socket, false};
 *     status = wattle_report_write_json(result, false, &out);
 *
 * For a FILE of the C library see stdio.h. This structure does not grow.
 */
#ifndef WATTLE_WRITER_H
#define WATTLE_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct wattle_writer {
    /*
     * Takes all of the bytes and returns 0. Anything else is a failure, to
     * which errno may say more: nothing else is handed over then, and the
     * function that writes returns WATTLE_ERR_IO. Called on the thread of that
     * function, for some kilobytes at a time.
     */
    int (*write)(void *context, const void *bytes, size_t len);
    void *context;
    /* People see the bytes: in CSV, too, control characters are shown as text
       then instead of being sent to their terminal. */
    bool is_terminal;
};

#ifdef __cplusplus
}
#endif

#endif
