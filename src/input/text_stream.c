/*
 * text_stream.c - one raw input buffer and three ways to turn it into text.
 *
 * Plain, gzip and zstd look alike to the reader: text comes in order, the end
 * or an error at last.
 */
#include "input/text_stream.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/error.h"

#define RAW_BYTES ((size_t)256 << 10)

static const char gzip_damage[] = "damaged gzip data";
static const char zstd_damage[] = "damaged zstd data";

enum packing { PLAIN, GZIP, ZSTD };

struct text_stream {
    int fd;
    struct text_stream_options options;
    uint64_t offset; /* of the next raw byte */
    uint64_t taken;
    enum packing packing;
    bool raw_ended;
    bool frame_open;    /* a packed frame is not complete yet */
    bool has_frame;     /* one is complete */
    bool is_padding;    /* zero bytes behind a frame: only zeros may follow */
    const char *damage; /* what is damaged from here on, or NULL */
    uint8_t *raw;
    size_t raw_at, raw_len;
    struct inflate_state *gzip;
    ZSTD_DStream *zstd;
};

static int
read_raw(struct text_stream *stream, uint8_t *out, size_t cap, size_t *n,
         struct wattle_error *error)
{
    const struct text_stream_options *o = &stream->options;
    ssize_t got;
    if (o->is_seekable && o->end_bytes - stream->offset < cap)
        cap = (size_t)(o->end_bytes - stream->offset);
    do {
        got = o->is_seekable
                  ? pread(stream->fd, out, cap, (off_t)stream->offset)
                  : read(stream->fd, out, cap);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set_at(error, WATTLE_ERR_IO, o->path, 0,
                            "cannot read it: %s", strerror(errno));
    *n = (size_t)got;
    stream->offset += (uint64_t)got;
    stream->taken += (uint64_t)got;
    return WATTLE_OK;
}

/* Fills the raw buffer when it is empty. */
static int
need_raw(struct text_stream *stream, struct wattle_error *error)
{
    if (stream->raw_at < stream->raw_len || stream->raw_ended)
        return WATTLE_OK;
    size_t n = 0;
    int status = read_raw(stream, stream->raw, RAW_BYTES, &n, error);
    stream->raw_at = 0;
    stream->raw_len = n;
    stream->raw_ended = n == 0;
    return status;
}

static bool
is_gzip(const uint8_t *start, size_t len)
{
    return len >= 2 && start[0] == 0x1f && start[1] == 0x8b;
}

/* A frame, or a skippable one: 0x184d2a50 to 0x184d2a5f, little-endian. */
static bool
is_zstd(const uint8_t *start, size_t len)
{
    if (len < 4)
        return false;
    if (start[0] == 0x28)
        return start[1] == 0xb5 && start[2] == 0x2f && start[3] == 0xfd;
    return (start[0] & 0xf0) == 0x50 && start[1] == 0x2a && start[2] == 0x4d &&
           start[3] == 0x18;
}

bool
text_stream_is_packed(const uint8_t *start, size_t len)
{
    return is_gzip(start, len) || is_zstd(start, len);
}

/* Reads on until four bytes are there or the end. */
static int
recognise(struct text_stream *stream, struct wattle_error *error)
{
    while (stream->raw_len < 4 && !stream->raw_ended) {
        size_t n = 0;
        int status = read_raw(stream, stream->raw + stream->raw_len,
                              RAW_BYTES - stream->raw_len, &n, error);
        if (status != WATTLE_OK)
            return status;
        stream->raw_len += n;
        stream->raw_ended = n == 0;
    }
    if (is_gzip(stream->raw, stream->raw_len)) {
        stream->packing = GZIP;
        stream->gzip = calloc(1, sizeof(*stream->gzip));
        if (stream->gzip == NULL)
            return error_memory(error);
        isal_inflate_init(stream->gzip);
        stream->gzip->crc_flag = ISAL_GZIP;
    } else if (is_zstd(stream->raw, stream->raw_len)) {
        stream->packing = ZSTD;
        stream->zstd = ZSTD_createDStream();
        if (stream->zstd == NULL)
            return error_memory(error);
        /* a window is memory, and a small file can ask for a large one */
        ZSTD_DCtx_setParameter(stream->zstd, ZSTD_d_windowLogMax,
                               stream->options.window_log != 0
                                   ? stream->options.window_log
                                   : TEXT_STREAM_WINDOW_LOG);
    }
    return WATTLE_OK;
}

struct text_stream *
text_stream_open(int fd, const struct text_stream_options *options,
                 struct wattle_error *error)
{
    struct text_stream *stream = calloc(1, sizeof(*stream));
    uint8_t *raw = calloc(1, RAW_BYTES);
    if (stream == NULL || raw == NULL) {
        free(stream);
        free(raw);
        error_memory(error);
        return NULL;
    }
    stream->fd = fd;
    stream->options = *options;
    stream->raw = raw;
    if (recognise(stream, error) != WATTLE_OK) {
        text_stream_close(stream);
        return NULL;
    }
    return stream;
}

void
text_stream_close(struct text_stream *stream)
{
    if (stream == NULL)
        return;
    free(stream->gzip);
    ZSTD_freeDStream(stream->zstd);
    free(stream->raw);
    free(stream);
}

uint64_t
text_stream_taken(const struct text_stream *stream)
{
    return stream->taken;
}

/* What was unpacked before the damage still goes out; the next call fails. */
static int
damaged(struct text_stream *stream, const char *what, size_t n,
        struct wattle_error *error)
{
    stream->damage = what;
    if (n > 0)
        return WATTLE_OK;
    return error_set_at(error, WATTLE_ERR_FORMAT, stream->options.path, 0, "%s",
                        what);
}

static int
read_plain(struct text_stream *stream, uint8_t *out, size_t cap, size_t *n,
           struct wattle_error *error)
{
    if (stream->raw_at == stream->raw_len)
        return read_raw(stream, out, cap, n, error);
    size_t left = stream->raw_len - stream->raw_at;
    *n = left < cap ? left : cap;
    memcpy(out, stream->raw + stream->raw_at, *n);
    stream->raw_at += *n;
    return WATTLE_OK;
}

/* Ready for a further gzip member behind the one that has ended. */
static void
next_member(struct text_stream *stream)
{
    isal_inflate_reset(stream->gzip);
    stream->gzip->crc_flag = ISAL_GZIP;
    stream->frame_open = false;
    stream->has_frame = true;
}

/*
 * Between frames: tapes and disk images fill a file up with zeros. Skips them;
 * false when something else follows them.
 */
static bool
skip_padding(struct text_stream *stream)
{
    while (stream->raw_at < stream->raw_len &&
           stream->raw[stream->raw_at] == 0) {
        stream->raw_at++;
        stream->is_padding = true;
    }
    return !stream->is_padding || stream->raw_at == stream->raw_len;
}

static int
read_gzip(struct text_stream *stream, uint8_t *out, size_t cap, size_t *n,
          struct wattle_error *error)
{
    struct inflate_state *state = stream->gzip;
    while (*n == 0) {
        int status = need_raw(stream, error);
        if (status != WATTLE_OK)
            return status;
        if (!stream->frame_open && stream->has_frame && !skip_padding(stream))
            return damaged(stream, gzip_damage, 0, error);
        if (stream->raw_at == stream->raw_len && !stream->frame_open) {
            if (stream->raw_ended)
                return WATTLE_OK;
            continue;
        }
        state->next_in = stream->raw + stream->raw_at;
        state->avail_in = (uint32_t)(stream->raw_len - stream->raw_at);
        state->next_out = out;
        state->avail_out = (uint32_t)cap;
        stream->frame_open = true;
        int code = isal_inflate(state);
        *n = cap - state->avail_out;
        if (code != ISAL_DECOMP_OK)
            return damaged(stream, gzip_damage, *n, error);
        bool stuck = *n == 0 && stream->raw_ended &&
                     state->block_state != ISAL_BLOCK_FINISH;
        stream->raw_at = stream->raw_len - state->avail_in;
        if (stuck)
            return damaged(stream, gzip_damage, 0, error);
        if (state->block_state == ISAL_BLOCK_FINISH)
            next_member(stream);
    }
    return WATTLE_OK;
}

static int
read_zstd(struct text_stream *stream, uint8_t *out, size_t cap, size_t *n,
          struct wattle_error *error)
{
    ZSTD_outBuffer to = {out, cap, 0};
    while (to.pos == 0) {
        int status = need_raw(stream, error);
        if (status != WATTLE_OK)
            return status;
        if (!stream->frame_open && stream->has_frame && !skip_padding(stream))
            return damaged(stream, zstd_damage, 0, error);
        bool ended = stream->raw_ended && stream->raw_at == stream->raw_len;
        if (ended && !stream->frame_open)
            return WATTLE_OK;
        if (stream->raw_at == stream->raw_len && !stream->frame_open)
            continue;
        ZSTD_inBuffer from = {stream->raw, stream->raw_len, stream->raw_at};
        size_t left = ZSTD_decompressStream(stream->zstd, &to, &from);
        *n = to.pos;
        if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
            return error_memory(error);
        if (ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge)
            return damaged(stream,
                           "its zstd window is larger than wattle takes "
                           "unasked; --zstd-long 31 takes any",
                           to.pos, error);
        if (ZSTD_isError(left) || (ended && to.pos == 0))
            return damaged(stream, zstd_damage, to.pos, error);
        stream->raw_at = from.pos;
        stream->frame_open = left != 0;
        stream->has_frame = true;
    }
    *n = to.pos;
    return WATTLE_OK;
}

int
text_stream_read(struct text_stream *stream, uint8_t *out, size_t cap,
                 size_t *n, struct wattle_error *error)
{
    *n = 0;
    if (stream->damage != NULL)
        return damaged(stream, stream->damage, 0, error);
    if (cap > UINT32_MAX / 2)
        cap = UINT32_MAX / 2;
    switch (stream->packing) {
    case GZIP:
        return read_gzip(stream, out, cap, n, error);
    case ZSTD:
        return read_zstd(stream, out, cap, n, error);
    default:
        return read_plain(stream, out, cap, n, error);
    }
}
