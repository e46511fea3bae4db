/*
 * spill.h - bytes that do not fit into memory, in a nameless file in the
 * temporary folder ($TMPDIR or /tmp).
 *
 * Ground floor. The file is made with the first bytes. It has no name from the
 * start, so nothing is left behind however the process ends. One thread
 * appends; several may read at a time what was appended before.
 */
#ifndef BASE_SPILL_H
#define BASE_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wattle/error.h"

struct spill {
    int fd;           /* -1 = nothing was appended */
    uint64_t n_bytes; /* that were appended: the end of the file */
};

#define SPILL_INIT                                                             \
    {                                                                          \
        .fd = -1                                                               \
    }

/* Appends all bytes at n_bytes; 0 or WATTLE_ERR_IO with n_bytes as it was. */
int spill_append(struct spill *spill, const void *bytes, size_t len,
                 struct wattle_error *error);

/* Reads exactly len bytes at the offset; 0 or WATTLE_ERR_IO. */
int spill_read(const struct spill *spill, uint64_t offset, void *bytes,
               size_t len, struct wattle_error *error);

static inline bool
spill_is_used(const struct spill *spill)
{
    return spill->fd >= 0;
}

/* Closes the file, if there is one; its space is given back. */
void spill_release(struct spill *spill);

#endif
