/*
 * byte_feed.c - one raw input buffer and three ways to turn it into text.
 */
#include "ingest/byte_feed.h"

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

struct byte_feed {
    int fd;
    struct byte_feed_options options;
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
read_raw(struct byte_feed *feed, uint8_t *out, size_t cap, size_t *n,
         struct wattle_error *error)
{
    const struct byte_feed_options *o = &feed->options;
    ssize_t got;
    if (o->is_seekable && o->end_bytes - feed->offset < cap)
        cap = (size_t)(o->end_bytes - feed->offset);
    do {
        got = o->is_seekable ? pread(feed->fd, out, cap, (off_t)feed->offset)
                             : read(feed->fd, out, cap);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set_at(error, WATTLE_ERR_IO, o->path, 0,
                            "cannot read it: %s", strerror(errno));
    *n = (size_t)got;
    feed->offset += (uint64_t)got;
    feed->taken += (uint64_t)got;
    return WATTLE_OK;
}

/* Fills the raw buffer when it is empty. */
static int
need_raw(struct byte_feed *feed, struct wattle_error *error)
{
    if (feed->raw_at < feed->raw_len || feed->raw_ended)
        return WATTLE_OK;
    size_t n = 0;
    int status = read_raw(feed, feed->raw, RAW_BYTES, &n, error);
    feed->raw_at = 0;
    feed->raw_len = n;
    feed->raw_ended = n == 0;
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
byte_feed_is_packed(const uint8_t *start, size_t len)
{
    return is_gzip(start, len) || is_zstd(start, len);
}

/* Reads on until four bytes are there or the end. */
static int
recognise(struct byte_feed *feed, struct wattle_error *error)
{
    while (feed->raw_len < 4 && !feed->raw_ended) {
        size_t n = 0;
        int status = read_raw(feed, feed->raw + feed->raw_len,
                              RAW_BYTES - feed->raw_len, &n, error);
        if (status != WATTLE_OK)
            return status;
        feed->raw_len += n;
        feed->raw_ended = n == 0;
    }
    if (is_gzip(feed->raw, feed->raw_len)) {
        feed->packing = GZIP;
        feed->gzip = calloc(1, sizeof(*feed->gzip));
        if (feed->gzip == NULL)
            return error_memory(error);
        isal_inflate_init(feed->gzip);
        feed->gzip->crc_flag = ISAL_GZIP;
    } else if (is_zstd(feed->raw, feed->raw_len)) {
        feed->packing = ZSTD;
        feed->zstd = ZSTD_createDStream();
        if (feed->zstd == NULL)
            return error_memory(error);
        /* a window is memory, and a small file can ask for a large one */
        ZSTD_DCtx_setParameter(feed->zstd, ZSTD_d_windowLogMax,
                               feed->options.window_log != 0
                                   ? feed->options.window_log
                                   : BYTE_FEED_WINDOW_LOG);
    }
    return WATTLE_OK;
}

struct byte_feed *
byte_feed_open(int fd, const struct byte_feed_options *options,
               struct wattle_error *error)
{
    struct byte_feed *feed = calloc(1, sizeof(*feed));
    uint8_t *raw = calloc(1, RAW_BYTES);
    if (feed == NULL || raw == NULL) {
        free(feed);
        free(raw);
        error_memory(error);
        return NULL;
    }
    feed->fd = fd;
    feed->options = *options;
    feed->raw = raw;
    if (recognise(feed, error) != WATTLE_OK) {
        byte_feed_close(feed);
        return NULL;
    }
    return feed;
}

void
byte_feed_close(struct byte_feed *feed)
{
    if (feed == NULL)
        return;
    free(feed->gzip);
    ZSTD_freeDStream(feed->zstd);
    free(feed->raw);
    free(feed);
}

uint64_t
byte_feed_taken(const struct byte_feed *feed)
{
    return feed->taken;
}

/* What was unpacked before the damage still goes out; the next call fails. */
static int
damaged(struct byte_feed *feed, const char *what, size_t n,
        struct wattle_error *error)
{
    feed->damage = what;
    if (n > 0)
        return WATTLE_OK;
    return error_set_at(error, WATTLE_ERR_FORMAT, feed->options.path, 0, "%s",
                        what);
}

static int
read_plain(struct byte_feed *feed, uint8_t *out, size_t cap, size_t *n,
           struct wattle_error *error)
{
    if (feed->raw_at == feed->raw_len)
        return read_raw(feed, out, cap, n, error);
    size_t left = feed->raw_len - feed->raw_at;
    *n = left < cap ? left : cap;
    memcpy(out, feed->raw + feed->raw_at, *n);
    feed->raw_at += *n;
    return WATTLE_OK;
}

/* Ready for a further gzip member behind the one that has ended. */
static void
next_member(struct byte_feed *feed)
{
    isal_inflate_reset(feed->gzip);
    feed->gzip->crc_flag = ISAL_GZIP;
    feed->frame_open = false;
    feed->has_frame = true;
}

/*
 * Between frames: tapes and disk images fill a file up with zeros. Skips them;
 * false when something else follows them.
 */
static bool
skip_padding(struct byte_feed *feed)
{
    while (feed->raw_at < feed->raw_len && feed->raw[feed->raw_at] == 0) {
        feed->raw_at++;
        feed->is_padding = true;
    }
    return !feed->is_padding || feed->raw_at == feed->raw_len;
}

static int
read_gzip(struct byte_feed *feed, uint8_t *out, size_t cap, size_t *n,
          struct wattle_error *error)
{
    struct inflate_state *state = feed->gzip;
    while (*n == 0) {
        int status = need_raw(feed, error);
        if (status != WATTLE_OK)
            return status;
        if (!feed->frame_open && feed->has_frame && !skip_padding(feed))
            return damaged(feed, gzip_damage, 0, error);
        if (feed->raw_at == feed->raw_len && !feed->frame_open) {
            if (feed->raw_ended)
                return WATTLE_OK;
            continue;
        }
        state->next_in = feed->raw + feed->raw_at;
        state->avail_in = (uint32_t)(feed->raw_len - feed->raw_at);
        state->next_out = out;
        state->avail_out = (uint32_t)cap;
        feed->frame_open = true;
        int code = isal_inflate(state);
        *n = cap - state->avail_out;
        if (code != ISAL_DECOMP_OK)
            return damaged(feed, gzip_damage, *n, error);
        bool stuck = *n == 0 && feed->raw_ended &&
                     state->block_state != ISAL_BLOCK_FINISH;
        feed->raw_at = feed->raw_len - state->avail_in;
        if (stuck)
            return damaged(feed, gzip_damage, 0, error);
        if (state->block_state == ISAL_BLOCK_FINISH)
            next_member(feed);
    }
    return WATTLE_OK;
}

static int
read_zstd(struct byte_feed *feed, uint8_t *out, size_t cap, size_t *n,
          struct wattle_error *error)
{
    ZSTD_outBuffer to = {out, cap, 0};
    while (to.pos == 0) {
        int status = need_raw(feed, error);
        if (status != WATTLE_OK)
            return status;
        if (!feed->frame_open && feed->has_frame && !skip_padding(feed))
            return damaged(feed, zstd_damage, 0, error);
        bool ended = feed->raw_ended && feed->raw_at == feed->raw_len;
        if (ended && !feed->frame_open)
            return WATTLE_OK;
        if (feed->raw_at == feed->raw_len && !feed->frame_open)
            continue;
        ZSTD_inBuffer from = {feed->raw, feed->raw_len, feed->raw_at};
        size_t left = ZSTD_decompressStream(feed->zstd, &to, &from);
        *n = to.pos;
        if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
            return error_memory(error);
        if (ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge)
            return damaged(feed,
                           "its zstd window is larger than wattle takes "
                           "unasked; --zstd-long 31 takes any",
                           to.pos, error);
        if (ZSTD_isError(left) || (ended && to.pos == 0))
            return damaged(feed, zstd_damage, to.pos, error);
        feed->raw_at = from.pos;
        feed->frame_open = left != 0;
        feed->has_frame = true;
    }
    *n = to.pos;
    return WATTLE_OK;
}

int
byte_feed_read(struct byte_feed *feed, uint8_t *out, size_t cap, size_t *n,
               struct wattle_error *error)
{
    *n = 0;
    if (feed->damage != NULL)
        return damaged(feed, feed->damage, 0, error);
    if (cap > UINT32_MAX / 2)
        cap = UINT32_MAX / 2;
    switch (feed->packing) {
    case GZIP:
        return read_gzip(feed, out, cap, n, error);
    case ZSTD:
        return read_zstd(feed, out, cap, n, error);
    default:
        return read_plain(feed, out, cap, n, error);
    }
}
