/*
 * reader_buffer.c - views in a buffer of our own: pread for plain files, a
 * text stream for packed files and streams.
 *
 * A stream's first reading starts with the head that source_prepare took
 * and is copied on the way; later readings read the copy.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "input/reader.h"
#include "simd/kernels.h"

/* Read beyond a block, to see what its last byte means. */
#define FEW_BYTES ((size_t)4096)

struct buffer_reader {
    struct reader base; /* first, so that the pointers convert */
    struct source *origin;
    uint8_t *buffer;
    size_t cap;
    bool owns_fd;
    bool owns_feed;
    struct text_stream *stream; /* NULL: pread */
    size_t head_at;             /* of a stream's head */
    bool is_first_pass;         /* of a stream: copy what is read */
    struct line_ends ends;      /* of a source with bare CR */
    size_t n_ended; /* bytes of the view whose lines have their ends */
};

static int
fill_from_file(struct buffer_reader *r, uint8_t *out, size_t cap, size_t *n,
               struct wattle_error *error)
{
    uint64_t at = r->base.offset + r->base.len;
    uint64_t left = r->base.end > at ? r->base.end - at : 0;
    if (left < cap)
        cap = (size_t)left;
    *n = 0;
    if (cap == 0)
        return WATTLE_OK;
    ssize_t got;
    do {
        got = pread(r->base.fd, out, cap, (off_t)at);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_set_at(error, WATTLE_ERR_IO, r->base.source->path, 0,
                            "cannot read it: %s", strerror(errno));
    r->base.is_cut = r->base.is_cut || got == 0;
    *n = (size_t)got;
    return WATTLE_OK;
}

static int
fill_from_stream(struct buffer_reader *r, uint8_t *out, size_t cap, size_t *n,
                 struct wattle_error *error)
{
    size_t in_head = r->is_first_pass ? r->origin->head_len - r->head_at : 0;
    int status = WATTLE_OK;
    if (in_head > 0) {
        *n = in_head < cap ? in_head : cap;
        memcpy(out, r->origin->head + r->head_at, *n);
        r->head_at += *n;
    } else {
        status = text_stream_read(r->stream, out, cap, n, error);
    }
    if (status == WATTLE_OK && r->is_first_pass)
        stream_copy_write(r->origin->copy, out, *n);
    return status;
}

static int
make_room(struct buffer_reader *r, struct wattle_error *error)
{
    size_t wanted = r->base.len + r->base.block_bytes + KERNEL_SLACK + 64;
    if (wanted <= r->cap)
        return WATTLE_OK;
    /* what is left over is below 64 KiB: grow once with room to spare */
    wanted += r->base.len < 65536 ? 65536 : r->base.len;
    uint8_t *grown = calloc(1, wanted);
    if (grown == NULL)
        return error_memory(error);
    if (r->base.len > 0)
        memcpy(grown, r->buffer, r->base.len);
    free(r->buffer);
    r->buffer = grown;
    r->cap = wanted;
    return WATTLE_OK;
}

/* Whether what follows the last byte must be seen to know what it means. */
static bool
needs_more(const struct buffer_reader *r)
{
    const size_t len = r->base.len;
    return r->origin->has_bare_cr && len > 0 &&
           (r->buffer[len - 1] == '\r' || r->buffer[len - 1] == '"') &&
           len + KERNEL_SLACK < r->cap;
}

static int
more(struct reader *base, size_t used, struct wattle_error *error)
{
    struct buffer_reader *r = (struct buffer_reader *)base;
    base->len -= used;
    base->offset += used;
    r->n_ended -= used < r->n_ended ? used : r->n_ended;
    if (base->len > 0 && used > 0)
        memmove(r->buffer, base->data + used, base->len);
    int status = make_room(r, error);
    base->data = r->buffer;
    if (status != WATTLE_OK)
        return status;
    size_t wanted = base->len + base->block_bytes;
    while (!base->is_at_end && (base->len < wanted || needs_more(r))) {
        size_t n = 0;
        uint8_t *out = r->buffer + base->len;
        size_t cap = base->len < wanted ? wanted - base->len
                                        : r->cap - KERNEL_SLACK - base->len;
        if (base->len >= wanted && cap > FEW_BYTES)
            cap = FEW_BYTES;
        struct wattle_error *why = &base->failure_error;
        status = r->stream != NULL ? fill_from_stream(r, out, cap, &n, why)
                                   : fill_from_file(r, out, cap, &n, why);
        if (status == WATTLE_ERR_IO || status == WATTLE_ERR_FORMAT) {
            base->failure = status;
            base->is_cut = base->is_at_end = true;
            break;
        }
        if (status != WATTLE_OK)
            return error_memory(error);
        base->len += n;
        base->is_at_end = n == 0;
    }
    if (r->stream == NULL && base->offset + base->len >= base->end)
        base->is_at_end = true;
    if (r->origin->has_bare_cr && base->offset + r->n_ended == 0 &&
        base->len >= 3 && memcmp(base->data, "\xef\xbb\xbf", 3) == 0)
        r->n_ended = 3; /* no field begins with a byte order mark */
    if (r->origin->has_bare_cr)
        r->n_ended += line_ends_mend(&r->ends, r->buffer + r->n_ended,
                                     base->len - r->n_ended, base->is_at_end);
    return WATTLE_OK;
}

static void
close_reader(struct reader *base)
{
    struct buffer_reader *r = (struct buffer_reader *)base;
    if (r->owns_feed)
        text_stream_close(r->stream);
    if (r->owns_fd)
        close(base->fd);
    free(r->buffer);
    free(r);
}

uint64_t
reader_progress(const struct reader *reader)
{
    if (reader->source->kind != SOURCE_PACKED)
        return reader->offset + reader->len;
    const struct buffer_reader *r = (const struct buffer_reader *)reader;
    return text_stream_taken(r->stream);
}

static const struct reader_ops ops = {"pread", more, close_reader};

static int
open_feed(struct buffer_reader *r, int fd, uint64_t end_bytes,
          struct wattle_error *error)
{
    const struct source *source = r->origin;
    const struct text_stream_options options = {
        true, end_bytes, source->window_log, source->path};
    r->stream = text_stream_open(fd, &options, error);
    r->owns_feed = true;
    return r->stream != NULL ? WATTLE_OK : WATTLE_ERR_IO;
}

/* The stream itself the first time, its copy from then on. */
static int
open_stream(struct buffer_reader *r, struct wattle_error *error)
{
    struct source *source = r->origin;
    if (source->copy == NULL) {
        source->copy = stream_copy_new();
        if (source->copy == NULL)
            return error_memory(error);
        r->is_first_pass = true;
        r->stream = source->stream;
        return WATTLE_OK;
    }
    int fd = stream_copy_finish(source->copy, error);
    if (fd < 0)
        return fd;
    return open_feed(r, fd, UINT64_MAX, error);
}

static int
open_file(struct buffer_reader *r, uint64_t offset, struct wattle_error *error)
{
    const struct source *source = r->origin;
    r->base.fd = source_open(source, error);
    if (r->base.fd < 0)
        return r->base.fd;
    r->owns_fd = true;
    r->base.offset = offset;
    if (source->kind == SOURCE_PLAIN) {
        posix_fadvise(r->base.fd, (off_t)offset, 0, POSIX_FADV_SEQUENTIAL);
        return WATTLE_OK;
    }
    return open_feed(r, r->base.fd, source->size_bytes, error);
}

struct reader *
reader_buffer_open(struct source *source, uint64_t offset, size_t block_bytes,
                   struct wattle_error *error)
{
    struct buffer_reader *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        error_memory(error);
        return NULL;
    }
    r->base.ops = &ops;
    r->base.source = source;
    r->base.block_bytes = block_bytes;
    r->base.fd = -1;
    r->base.end = source->size_bytes;
    r->origin = source;
    int status = source->kind == SOURCE_STREAM ? open_stream(r, error)
                                               : open_file(r, offset, error);
    if (status != WATTLE_OK) {
        close_reader(&r->base);
        return NULL;
    }
    return &r->base;
}
