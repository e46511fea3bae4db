/*
 * packing.c - zlib and libzstd behind one call.
 *
 * Each call packs one block into a member or frame of its own, so that threads
 * need not wait for each other and the bytes do not depend on their number.
 */
#include "generate/packing.h"

#include <assert.h>
#include <stdlib.h>

#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

/* Text is made faster than it is packed: prefer speed. */
#define GZIP_LEVEL 3
#define ZSTD_LEVEL 1

/* Adding 16 to the window bits asks zlib for gzip's wrapper. */
#define GZIP_WINDOW_BITS  (15 + 16)
#define GZIP_MEMORY_LEVEL 8

const char *
packing_suffix(enum generator_packing kind)
{
    static const char *const suffixes[] = {
        [GENERATOR_PACK_NONE] = "",
        [GENERATOR_PACK_GZIP] = ".gz",
        [GENERATOR_PACK_ZSTD] = ".zst",
    };
    return suffixes[kind];
}

static z_stream *
new_gzip(void)
{
    z_stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL)
        return NULL;
    if (deflateInit2(stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS,
                     GZIP_MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK)
        return stream;
    free(stream);
    return NULL;
}

int
packing_init(struct packing *packing, enum generator_packing kind,
             struct wattle_error *error)
{
    *packing = (struct packing){.kind = kind};
    if (kind == GENERATOR_PACK_NONE)
        return WATTLE_OK;
    if (kind == GENERATOR_PACK_GZIP)
        packing->state = new_gzip();
    else
        packing->state = ZSTD_createCCtx();
    return packing->state != NULL ? WATTLE_OK : error_memory(error);
}

static int
run_gzip(z_stream *stream, const struct buffer *text, struct buffer *out)
{
    if (deflateReset(stream) != Z_OK)
        return WATTLE_ERR_MEMORY;
    int status = buffer_reserve(out, deflateBound(stream, text->len));
    if (status != WATTLE_OK)
        return status;
    stream->next_in = (Bytef *)text->data;
    stream->avail_in = (uInt)text->len;
    stream->next_out = (Bytef *)out->data;
    stream->avail_out = (uInt)out->cap;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END)
        return WATTLE_ERR_MEMORY;
    out->len = stream->total_out;
    return WATTLE_OK;
}

static int
run_zstd(ZSTD_CCtx *context, const struct buffer *text, struct buffer *out)
{
    int status = buffer_reserve(out, ZSTD_compressBound(text->len));
    if (status != WATTLE_OK)
        return status;
    size_t len = ZSTD_compressCCtx(context, out->data, out->cap, text->data,
                                   text->len, ZSTD_LEVEL);
    if (ZSTD_isError(len))
        return WATTLE_ERR_MEMORY;
    out->len = len;
    return WATTLE_OK;
}

int
packing_run(struct packing *packing, const struct buffer *text,
            struct buffer *out, struct wattle_error *error)
{
    assert(packing->state != NULL);
    out->len = 0;
    int status = packing->kind == GENERATOR_PACK_GZIP
                     ? run_gzip(packing->state, text, out)
                     : run_zstd(packing->state, text, out);
    return status == WATTLE_OK ? WATTLE_OK : error_memory(error);
}

void
packing_release(struct packing *packing)
{
    if (packing->kind == GENERATOR_PACK_GZIP && packing->state != NULL) {
        deflateEnd(packing->state);
        free(packing->state);
    } else if (packing->kind == GENERATOR_PACK_ZSTD) {
        ZSTD_freeCCtx(packing->state);
    }
    packing->state = NULL;
}
