/*
 * stream_copy.c - zstd streaming into a temporary file.
 *
 * With the copy a pipe can be read more than once. The file has no name and is
 * gone when the copy is freed or the process ends. A failure is kept and
 * reported when the copy is asked for.
 */
#include "input/stream_copy.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/error.h"
#include "base/spill.h"

#define PACKED_BYTES ((size_t)128 << 10)
#define FAST_LEVEL   (-3)

struct stream_copy {
    ZSTD_CCtx *zstd;
    uint8_t *packed;
    struct spill spill;
    bool is_finished;
    int status;
    struct wattle_error error;
};

struct stream_copy *
stream_copy_new(void)
{
    struct stream_copy *copy = calloc(1, sizeof(*copy));
    if (copy == NULL)
        return NULL;
    copy->zstd = ZSTD_createCCtx();
    copy->packed = malloc(PACKED_BYTES);
    copy->spill = (struct spill)SPILL_INIT;
    if (copy->zstd == NULL || copy->packed == NULL) {
        stream_copy_free(copy);
        return NULL;
    }
    ZSTD_CCtx_setParameter(copy->zstd, ZSTD_c_compressionLevel, FAST_LEVEL);
    return copy;
}

void
stream_copy_free(struct stream_copy *copy)
{
    if (copy == NULL)
        return;
    ZSTD_freeCCtx(copy->zstd);
    free(copy->packed);
    spill_release(&copy->spill);
    free(copy);
}

static void
pack(struct stream_copy *copy, ZSTD_inBuffer *from, ZSTD_EndDirective how)
{
    size_t left;
    do {
        ZSTD_outBuffer to = {copy->packed, PACKED_BYTES, 0};
        left = ZSTD_compressStream2(copy->zstd, &to, from, how);
        if (ZSTD_isError(left)) {
            copy->status = error_set(&copy->error, WATTLE_ERR_MEMORY,
                                     "cannot pack the stream");
            return;
        }
        if (to.pos > 0)
            copy->status =
                spill_append(&copy->spill, copy->packed, to.pos, &copy->error);
    } while (copy->status == WATTLE_OK &&
             (from->pos < from->size || (how == ZSTD_e_end && left != 0)));
}

void
stream_copy_write(struct stream_copy *copy, const void *text, size_t len)
{
    ZSTD_inBuffer from = {text, len, 0};
    if (copy->status == WATTLE_OK && len > 0)
        pack(copy, &from, ZSTD_e_continue);
}

int
stream_copy_finish(struct stream_copy *copy, struct wattle_error *error)
{
    ZSTD_inBuffer nothing = {NULL, 0, 0};
    if (copy->status == WATTLE_OK && !copy->is_finished)
        pack(copy, &nothing, ZSTD_e_end);
    copy->is_finished = true;
    if (copy->status != WATTLE_OK) {
        if (error != NULL)
            *error = copy->error;
        return copy->status;
    }
    return copy->spill.fd;
}
