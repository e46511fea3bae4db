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

/*
 * Opens a feed on a descriptor. seekable: read with pread from `offset` (a
 * plain file) or from 0 (a packed one); otherwise with read. The descriptor
 * stays the caller's. NULL on failure.
 */
struct byte_feed *byte_feed_open(int fd, bool seekable, uint64_t offset,
                                 const char *path, struct wattle_error *error);

/*
 * Writes up to cap bytes of text; *n = 0 at the end. WATTLE_ERR_IO or
 * WATTLE_ERR_FORMAT (damaged packing) on failure.
 */
int byte_feed_read(struct byte_feed *feed, uint8_t *out, size_t cap, size_t *n,
                   struct wattle_error *error);

/* Bytes taken from the descriptor so far, for progress. */
uint64_t byte_feed_taken(const struct byte_feed *feed);

/* True when the bytes at the start of a file are gzip's or zstd's. */
bool byte_feed_is_packed(const uint8_t *start, size_t len);

void byte_feed_close(struct byte_feed *feed);

#endif
