/*
 * content.h - by what a file is known again: hashes of its parts.
 *
 * A file is cut into parts of CONTENT_PART_BYTES; each has an XXH3 hash of 64
 * bits. Two files with the same size and hashes count as the same; a file
 * that begins with all of what another had has grown. Descriptors are those of
 * source_open, so that no other file is looked at by mistake.
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
 * Hashes all parts of a file's first content->size_bytes, with up to n_threads
 * threads. False when they cannot be read.
 */
bool content_hash(struct content *content, int fd, int n_threads);

/* Hashes the parts that nobody has hashed on the way; false as above. */
bool content_finish(struct content *content, int fd);

/* Cuts the content to the file's first size_bytes. */
void content_cut(struct content *content, uint64_t size_bytes);

/*
 * Whether the first size_bytes of a file have these hashes: judged by the
 * first part and the last, or, when it is to be thorough, by all of them.
 */
bool content_is_head(int fd, uint64_t size_bytes, const uint64_t *hashes,
                     bool is_thorough, int n_threads);

#endif
