/*
 * content.h - by what a file is known again: hashes of its parts.
 *
 * A file is cut into parts of CONTENT_PART_BYTES; each has an XXH3 hash of 64
 * bits. Two files with the same size and hashes count as the same; a file
 * that begins with another's full parts and the rest of it has grown.
 */
#ifndef INGEST_CONTENT_H
#define INGEST_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wattle/error.h"

#define CONTENT_PART_BYTES ((uint64_t)4 << 20)

/* How many parts a file of that size has. */
size_t content_n_parts(uint64_t size_bytes);

/*
 * Hashes of a file that is being read: whoever reads a whole part anyway
 * hashes it on the way.
 */
struct content {
    uint64_t size_bytes;
    size_t n_parts;
    uint64_t *hashes; /* [n_parts] */
    uint8_t *is_done; /* [n_parts] */
};

/* One reader of it. */
struct content_feed;

struct content_feed *content_feed_new(void); /* NULL = no memory */
void content_feed_free(struct content_feed *feed);

/* Begins with a file; NULL = what comes is not to be hashed. */
void content_feed_begin(struct content_feed *feed, struct content *content);

/* Bytes from an offset on, at least as far as those before reached. */
void content_feed_add(struct content_feed *feed, uint64_t offset,
                      const void *bytes, size_t len);

/*
 * Hashes parts [from, content_n_parts(size)) of a file into hashes[from ..]
 * with up to n_threads threads. 0 or WATTLE_ERR_IO.
 */
int content_hash(const char *path, uint64_t size_bytes, size_t from,
                 int n_threads, uint64_t *hashes, struct wattle_error *error);

/* Hashes the parts of a file that nobody has hashed on the way. */
int content_finish(struct content *content, const char *path,
                   struct wattle_error *error);

/*
 * Whether the first size_bytes of a file still have these hashes, judged by
 * the first part and the last, and end a line.
 */
bool content_has_head(const char *path, uint64_t size_bytes,
                      const uint64_t *hashes);

#endif
