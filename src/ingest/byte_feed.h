/*
 * byte_feed.h - the text of a file from its bytes: plain, gzip or zstd.
 *
 * A feed delivers text from the start to the end, once. The packing is
 * recognised by the first bytes, not by the name.
 */
#ifndef INGEST_BYTE_FEED_H
#define INGEST_BYTE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wattle/error.h"

struct byte_feed;

/* How to read a descriptor, which stays the caller's. */
struct byte_feed_options {
    bool is_seekable;   /* read with pread up to end_bytes, else with read */
    uint64_t end_bytes; /* size of the file when it was opened */
    int window_log;     /* largest window of zstd frames, 0 = the default */
    const char *path;   /* for messages; borrowed */
};

/* Largest window of zstd frames, as a power of two: 128 MiB, like zstd's. */
#define BYTE_FEED_WINDOW_LOG 27

/* Opens a feed; NULL on failure. */
struct byte_feed *byte_feed_open(int fd,
                                 const struct byte_feed_options *options,
                                 struct wattle_error *error);

/*
 * Writes up to cap bytes of text; *n = 0 at the end. WATTLE_ERR_IO or
 * WATTLE_ERR_FORMAT (damaged packing) on failure.
 */
int byte_feed_read(struct byte_feed *feed, uint8_t *out, size_t cap, size_t *n,
                   struct wattle_error *error);

/* Bytes taken from the descriptor so far, for progress. */
uint64_t byte_feed_taken(const struct byte_feed *feed);

/*
 * True when the bytes at the start of a file are gzip's or zstd's; four of
 * them tell. A zstd file may begin with skippable frames.
 */
bool byte_feed_is_packed(const uint8_t *start, size_t len);

void byte_feed_close(struct byte_feed *feed);

#endif
