/*
 * reader_uring.c - the next block is on its way while this one is read.
 *
 * Two buffers take turns. Each leaves room in front of its block, where what
 * is left over of the other one is copied, so that the view is contiguous.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "input/reader.h"
#include "simd/kernels.h"

#define FRONT_BYTES ((size_t)64 << 10)

struct uring_reader {
    struct reader base;
    struct io_uring ring;
    uint8_t *buffer[2];
    size_t front;         /* room before the block, in both */
    int current;          /* which buffer the view is in */
    uint64_t next_offset; /* of the block that is on its way */
    size_t next_len;      /* 0 = none is */
};

static int
failed(const struct uring_reader *r, const char *what, int code,
       struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_IO, r->base.source->path, 0, "%s: %s",
                        what, strerror(code));
}

/* Starts reading the next block into the buffer that is not in view. */
static void
submit(struct uring_reader *r)
{
    uint64_t left =
        r->base.end > r->next_offset ? r->base.end - r->next_offset : 0;
    r->next_len =
        left < r->base.block_bytes ? (size_t)left : r->base.block_bytes;
    if (r->next_len == 0)
        return;
    struct io_uring_sqe *entry = io_uring_get_sqe(&r->ring);
    io_uring_prep_read(entry, r->base.fd, r->buffer[1 - r->current] + r->front,
                       (unsigned)r->next_len, r->next_offset);
    io_uring_submit(&r->ring);
}

/* Waits for the block on its way; reads the rest of a short one. */
static int
collect(struct uring_reader *r, size_t *len, struct wattle_error *error)
{
    *len = 0;
    if (r->next_len == 0)
        return WATTLE_OK;
    struct io_uring_cqe *done;
    int code;
    do {
        code = io_uring_wait_cqe(&r->ring, &done);
    } while (code == -EINTR);
    if (code < 0)
        return failed(r, "cannot read it", -code, error);
    int got = done->res;
    size_t wanted = r->next_len;
    r->next_len = 0; /* whatever comes: nothing is on its way any more */
    io_uring_cqe_seen(&r->ring, done);
    if (got < 0 && got != -EINTR && got != -EAGAIN)
        return failed(r, "cannot read it", -got, error);
    size_t n = got > 0 ? (size_t)got : 0;
    uint8_t *to = r->buffer[1 - r->current] + r->front;
    while (n < wanted) {
        ssize_t more_bytes =
            pread(r->base.fd, to + n, wanted - n, (off_t)(r->next_offset + n));
        if (more_bytes < 0 && errno == EINTR)
            continue;
        if (more_bytes < 0)
            return failed(r, "cannot read it", errno, error);
        if (more_bytes == 0)
            break;
        n += (size_t)more_bytes;
    }
    if (n < wanted) {
        r->base.is_cut = true;
        r->base.end = r->next_offset + n;
    }
    *len = n;
    return WATTLE_OK;
}

/* Makes both buffers with the given room in front. */
static int
make_buffers(struct uring_reader *r, size_t front, struct wattle_error *error)
{
    size_t size = front + r->base.block_bytes + KERNEL_SLACK;
    for (int i = 0; i < 2; i++) {
        uint8_t *grown = calloc(1, size);
        if (grown == NULL)
            return error_memory(error);
        if (r->buffer[i] != NULL) {
            memcpy(grown + (front - r->front), r->buffer[i],
                   r->front + r->base.block_bytes);
            if (i == r->current)
                r->base.data =
                    grown + (front - r->front) + (r->base.data - r->buffer[i]);
        }
        free(r->buffer[i]);
        r->buffer[i] = grown;
    }
    r->front = front;
    return WATTLE_OK;
}

static int
more(struct reader *base, size_t used, struct wattle_error *error)
{
    struct uring_reader *r = (struct uring_reader *)base;
    size_t len;
    base->data += used;
    base->len -= used;
    base->offset += used;
    int status = collect(r, &len, error);
    if (status == WATTLE_OK && base->len > r->front)
        status = make_buffers(r, base->len * 2, error);
    if (status != WATTLE_OK)
        return status;
    uint8_t *block = r->buffer[1 - r->current] + r->front;
    memcpy(block - base->len, base->data, base->len);
    base->data = block - base->len;
    base->len += len;
    r->current = 1 - r->current;
    r->next_offset += len;
    base->is_at_end = r->next_offset >= base->end;
    r->next_len = 0;
    submit(r);
    return WATTLE_OK;
}

static void
close_reader(struct reader *base)
{
    struct uring_reader *r = (struct uring_reader *)base;
    size_t len;
    collect(r, &len, NULL);
    io_uring_queue_exit(&r->ring);
    close(base->fd);
    free(r->buffer[0]);
    free(r->buffer[1]);
    free(r);
}

static const struct reader_ops ops = {"uring", more, close_reader};

struct reader *
reader_uring_open(struct source *source, uint64_t offset, size_t block_bytes,
                  struct wattle_error *error)
{
    struct uring_reader *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        error_memory(error);
        return NULL;
    }
    r->base.ops = &ops;
    r->base.source = source;
    r->base.block_bytes = block_bytes;
    r->base.offset = offset;
    r->base.end = source->size_bytes;
    r->next_offset = offset;
    int code = io_uring_queue_init(4, &r->ring, 0);
    if (code < 0) {
        /* not the file's fault: no path, so that the run ends */
        error_set(error, WATTLE_ERR_IO, "io_uring is not available here: %s",
                  strerror(-code));
        free(r);
        return NULL;
    }
    r->base.fd = source_open(source, error);
    if (r->base.fd < 0 || make_buffers(r, FRONT_BYTES, error) != WATTLE_OK) {
        close_reader(&r->base);
        return NULL;
    }
    r->base.data = r->buffer[0] + r->front;
    submit(r);
    return &r->base;
}
