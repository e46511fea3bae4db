/*
 * spill.c - O_TMPFILE where the file system has it, else a file that is
 * unlinked as soon as it is open.
 *
 * Bytes are written at the end that is noted, so a failed write is written
 * over by the next one.
 */
#include "base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

static const char *
temp_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder != NULL && folder[0] != '\0' ? folder : "/tmp";
}

static int
open_and_unlink(const char *folder)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/wattle-XXXXXX", folder);
    if (n < 0 || (size_t)n >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

/* A descriptor, or a negative status. */
static int
open_nameless(struct wattle_error *error)
{
    const char *folder = temp_folder();
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        fd = open_and_unlink(folder);
    if (fd < 0)
        return error_set_at(error, WATTLE_ERR_IO, folder, 0,
                            "cannot make a temporary file in %s: %s", folder,
                            strerror(errno));
    return fd;
}

int
spill_append(struct spill *spill, const void *bytes, size_t len,
             struct wattle_error *error)
{
    const char *p = bytes;
    uint64_t offset = spill->n_bytes;
    if (spill->fd < 0) {
        int fd = open_nameless(error);
        if (fd < 0)
            return fd;
        spill->fd = fd;
    }
    while (len > 0) {
        ssize_t n = pwrite(spill->fd, p, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set(
                error, WATTLE_ERR_IO, "cannot write a temporary file in %s: %s",
                temp_folder(), n < 0 ? strerror(errno) : "no space");
        p += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    spill->n_bytes = offset;
    return WATTLE_OK;
}

int
spill_read(const struct spill *spill, uint64_t offset, void *bytes, size_t len,
           struct wattle_error *error)
{
    char *p = bytes;
    while (len > 0) {
        ssize_t n = pread(spill->fd, p, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set(
                error, WATTLE_ERR_IO, "cannot read a temporary file in %s: %s",
                temp_folder(), n < 0 ? strerror(errno) : "it ends early");
        p += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return WATTLE_OK;
}

void
spill_release(struct spill *spill)
{
    if (spill->fd >= 0)
        close(spill->fd);
    *spill = (struct spill)SPILL_INIT;
}
