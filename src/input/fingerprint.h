/*
 * fingerprint.h - XXH3 of each 4 MiB part of a file, so that files imported
 * before, and files that have only grown, are recognised.
 *
 * A file is cut into parts of FINGERPRINT_PART_BYTES; each has an XXH3 hash of
 * 64 bits. Two files with the same size and hashes count as the same; a file
 * that begins with all of what another had has grown. Descriptors are those of
 * source_open, so that no other file is looked at by mistake.
 */
#ifndef INPUT_FINGERPRINT_H
#define INPUT_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wattle/error.h"

#define FINGERPRINT_PART_BYTES ((uint64_t)4 << 20)

/* How many parts a file of that size has. */
size_t fingerprint_n_parts(uint64_t size_bytes);

/*
 * Hashes of a file that is being read: a thread that reads a whole part anyway
 * hashes it on the way.
 *
 * Bytes are hashed before they are decoded. A file may be changed meanwhile:
 * then what is hashed is older than what was taken from it, and the next import
 * sees another fingerprint and reads the file again. The other way round it
 * would take for known what it never read.
 */
struct fingerprint {
    uint64_t size_bytes;
    size_t n_parts;
    uint64_t *hashes; /* [n_parts] */
    uint8_t *is_done; /* [n_parts] */
    /* behind the last line that ends, which was hashed on the way as well */
    bool has_end;
    uint64_t end_bytes, end_hash; /* of the part that it is in */
};

/* One reader of it. */
struct fingerprint_reader;

struct fingerprint_reader *fingerprint_reader_new(void); /* NULL = no memory */
void fingerprint_reader_free(struct fingerprint_reader *reader);

/*
 * Begins with a file; NULL = what comes is not to be hashed. What is before the
 * first byte to come, `from`, in its part (a header, or what was read before
 * the file grew) is hashed first; from = 0 when that is not wanted.
 */
void fingerprint_reader_begin(struct fingerprint_reader *reader,
                              struct fingerprint *fingerprint, int fd,
                              uint64_t from);

/* Bytes from an offset on, at least as far as those before reached. */
void fingerprint_reader_add(struct fingerprint_reader *reader, uint64_t offset,
                            const void *bytes, size_t len);

/* The reader has come to the end of the file. */
void fingerprint_reader_end(struct fingerprint_reader *reader);

/*
 * Hashes all parts of a file's first fingerprint->size_bytes, with up to
 * n_threads threads. False when they cannot be read.
 */
bool fingerprint_hash(struct fingerprint *fingerprint, int fd, int n_threads);

/* Whether all parts are hashed: before the file is read, or on the way. */
bool fingerprint_is_done(const struct fingerprint *fingerprint);

/* Hashes the parts that nobody has hashed on the way; false as above. */
bool fingerprint_finish(struct fingerprint *fingerprint, int fd);

/* Cuts the fingerprint to the file's first size_bytes. */
void fingerprint_cut(struct fingerprint *fingerprint, uint64_t size_bytes);

/*
 * Whether the first size_bytes of a file have these hashes: judged by the
 * first part and the last, or, when it is to be thorough, by all of them.
 */
bool fingerprint_is_head(int fd, uint64_t size_bytes, const uint64_t *hashes,
                         bool is_thorough, int n_threads);

#endif
