/*
 * text_stream.h - the text of a file from its bytes: plain, gzip or zstd.
 *
 * A stream delivers text from the start to the end, once. The packing is
 * recognised by the first bytes, not by the name.
 */
#ifndef INPUT_TEXT_STREAM_H
#define INPUT_TEXT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wattle/error.h"

struct text_stream;

/* How to read a descriptor, which stays the caller's. */
struct text_stream_options {
    bool is_seekable;   /* read with pread up to end_bytes, else with read */
    uint64_t end_bytes; /* size of the file when it was opened */
    int window_log;     /* largest window of zstd frames, 0 = the default */
    const char *path;   /* for messages; borrowed */
};

/* Largest window of zstd frames, as a power of two: 128 MiB, like zstd's. */
#define TEXT_STREAM_WINDOW_LOG 27

/* Opens a stream; NULL on failure. */
struct text_stream *text_stream_open(int fd,
                                     const struct text_stream_options *options,
                                     struct wattle_error *error);

/*
 * Writes up to cap bytes of text; *n = 0 at the end. WATTLE_ERR_IO,
 * WATTLE_ERR_FORMAT (damaged packing) or WATTLE_ERR_MEMORY on failure.
 */
int text_stream_read(struct text_stream *stream, uint8_t *out, size_t cap,
                     size_t *n, struct wattle_error *error);

/* Bytes taken from the descriptor so far, for progress. */
uint64_t text_stream_taken(const struct text_stream *stream);

/*
 * True when the bytes at the start of a file are gzip's or zstd's; four of
 * them tell. A zstd file may begin with skippable frames.
 */
bool text_stream_is_packed(const uint8_t *start, size_t len);

void text_stream_close(struct text_stream *stream);

#endif
