/*
 * source.h - one input: a file, a stream, or rows handed over in memory.
 *
 * A list of sources is made from the paths given, in input order. A source
 * is prepared once (opened, recognised, its header read) and may then be read
 * any number of times, also in parts when it is a plain file: a stream that
 * may have to be read again is copied, packed, into a temporary file.
 */
#ifndef INGEST_SOURCE_H
#define INGEST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/byte_feed.h"
#include "ingest/row_store.h"
#include "ingest/schema.h"
#include "ingest/stream_copy.h"
#include "wattle/error.h"

enum source_kind {
    SOURCE_PLAIN,  /* a file to be read at any offset */
    SOURCE_PACKED, /* gzip or zstd: from the start only */
    SOURCE_STREAM, /* standard input, a FIFO: once only */
    SOURCE_ROWS    /* batches handed over by the caller */
};

struct source {
    char *path; /* as given, or folder/name */
    enum source_kind kind;
    char *problem;       /* why it, or its rest, cannot be used, or NULL */
    bool is_prepared;    /* see source_prepare */
    bool is_usable;      /* its header was understood */
    uint64_t size_bytes; /* of the file; 0 for streams */
    struct schema schema;
    uint64_t data_offset; /* of the first byte behind the header, in text */
    uint64_t header_lines;
    uint64_t known_bytes;     /* left out, see source_skip */
    int fd;                   /* streams only, else -1 */
    struct byte_feed *stream; /* a stream before its first reading */
    uint8_t *head;            /* what has been read of it */
    size_t head_len;
    struct stream_copy *copy; /* made during the first reading */
    struct row_store *rows;
};

struct source_list {
    struct source *sources;
    size_t n, cap;
};

/*
 * Adds what a path stands for. WATTLE_ERR_IO when it does not exist or a
 * folder cannot be read.
 */
int source_list_add_path(struct source_list *list, const char *path,
                         struct wattle_error *error);

/* Takes a source out of the list. */
void source_list_drop(struct source_list *list, size_t at);

/* Adds a file that is known to be unusable, to be listed. */
int source_list_add_broken(struct source_list *list, const char *path,
                           const char *problem);

/* Adds a file that was read earlier, to be listed; problem may be NULL. */
int source_list_add_read(struct source_list *list, const char *path,
                         bool is_usable, const char *problem);

/* The row store at the end of the list, a new one if need be; NULL = memory. */
struct row_store *source_list_rows(struct source_list *list);

void source_list_release(struct source_list *list);

/*
 * Opens the source and reads its header, the first time. What makes it unusable
 * goes to source->problem; only lack of memory is an error.
 */
int source_prepare(struct source *source, int value_kind,
                   struct wattle_error *error);

/*
 * Leaves out the begin of a prepared plain file: a record begins at `bytes`,
 * and so many LF bytes are before it.
 */
void source_skip(struct source *source, uint64_t bytes, uint64_t lines);

/* Notes why a source cannot be used (first reason stays). */
void source_set_problem(struct source *source, const char *text);

/* True when a path names a device table, never readings. */
bool source_is_device_table(const char *path);

#endif
