/*
 * chunk_reader.h - reading what a database keeps of one device: chunks and
 * delta.
 *
 * Prepared statements over one connection; not thread-safe.
 *
 * Functions that take an error return 0, or a status with the error set.
 */
#ifndef STORE_CHUNK_READER_H
#define STORE_CHUNK_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "codec/block.h"
#include "store/checksum.h"
#include "store/database.h"
#include "sort/device_merge.h"
#include "store/stored_check.h"
#include "wattle/error.h"

/* The most delta rows a device has. */
#define DELTA_MAX_ROWS BLOCK_ROWS

struct chunk_reader {
    struct database *db;
    sqlite3_stmt *list_chunks, *fetch_data, *list_delta;
    struct checksum *checksum;
    struct block *delta;         /* of the device asked for last */
    uint64_t n_delta_new;        /* of it: rows that shadow nothing */
    uint64_t n_delta_lines;      /* readings and duplicates not in a chunk */
    struct stored_chunk *chunks; /* the same */
    size_t n_chunks, chunk_cap;
};

/*
 * How many chunks there are, and readings in them (or NULL: not asked, since
 * that takes longer). The rows are not checked.
 */
int chunk_reader_count(struct database *db, int64_t *n_chunks,
                       int64_t *n_readings, struct wattle_error *error);

/* Prepares the statements; release it in any case. */
int chunk_reader_open(struct chunk_reader *reader, struct database *db,
                      struct wattle_error *error);
void chunk_reader_close(struct chunk_reader *reader);

/*
 * For chunk_reader_fetch alone, of a database that may be damaged: when it has
 * no data of chunks, each fetch fails.
 */
int chunk_reader_open_data(struct chunk_reader *reader, struct database *db,
                           bool has_data, struct wattle_error *error);

/*
 * Lists the chunks of a device that overlap [since_ms, until_ms), by time,
 * and its delta rows in that range.
 */
int chunk_reader_find(struct chunk_reader *reader, uint32_t device,
                      int64_t since_ms, int64_t until_ms,
                      struct wattle_error *error);

/* Lists the delta alone. */
int chunk_reader_find_delta(struct chunk_reader *reader, uint32_t device,
                            int64_t since_ms, int64_t until_ms,
                            struct wattle_error *error);

/*
 * Adds what was found to a merge: chunks, then the delta. 0 or
 * WATTLE_ERR_MEMORY.
 */
int chunk_reader_add_inputs(const struct chunk_reader *reader,
                            struct device_merge *merge);

/* A merge_fetch; the context is a struct chunk_reader. */
int chunk_reader_fetch(void *context, int64_t number, struct buffer *data,
                       struct wattle_error *error);

/*
 * Says which chunk is damaged: its device and time, if they can be read.
 * Returns WATTLE_ERR_FORMAT.
 */
int chunk_reader_fail(struct database *db, int64_t number,
                      struct wattle_error *error);

#endif
