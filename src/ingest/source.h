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
#include <sys/stat.h>
#include <sys/types.h>

#include "ingest/text_stream.h"
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
    char *problem;    /* why it, or its rest, cannot be used, or NULL */
    bool is_prepared; /* see source_prepare */
    bool is_usable;   /* its header was understood */
    /* the file that was opened; zeros for streams */
    dev_t device;
    ino_t inode;
    uint64_t size_bytes; /* nothing behind it is read */
    int64_t modified_ns;
    uint64_t whole_hash;  /* XXH3 of it, when has_whole_hash */
    bool has_whole_hash;  /* a short one that may grow */
    bool has_bare_cr;     /* lines end with CR, here and there or all */
    bool has_open_header; /* the header line has no end yet */
    bool holds_rest;      /* a last line without its end is left for later */
    int window_log;       /* see text_stream.h */
    struct schema schema;
    uint64_t data_offset; /* of the first byte behind the header, in text */
    uint64_t header_lines;
    uint64_t known_bytes;       /* left out, see source_skip */
    int fd;                     /* streams only, else -1 */
    struct text_stream *stream; /* a stream before its first reading */
    uint8_t *head;              /* what has been read of it */
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

/*
 * Takes the sources out of the list that are marked, and moves the others up;
 * `others` are the caller's, one for each source, of `size` bytes.
 */
void source_list_drop(struct source_list *list, const uint8_t *is_dropped,
                      void *others, size_t size);

/* Adds a file that is known to be unusable, to be listed. */
int source_list_add_broken(struct source_list *list, const char *path,
                           const char *problem);

/* Adds a file that was read earlier, to be listed; problem may be NULL. */
int source_list_add_read(struct source_list *list, const char *path,
                         bool is_usable, const char *problem);

/* The row store at the end of the list, a new one if need be; NULL = memory. */
struct row_store *source_list_rows(struct source_list *list);

void source_list_release(struct source_list *list);

/* How sources are to be read. */
struct source_options {
    int value_kind; /* enum wattle_value_kind */
    int window_log; /* of zstd, 0 = the default */
    /*
     * The caller comes again for what a plain file has gained: what it is
     * known by is noted, and, unless it is final, a last line without its end
     * is left for the next time.
     */
    bool may_grow;
    bool is_final;
};

/*
 * Opens the source and reads its header, the first time. What makes it unusable
 * goes to source->problem; only lack of memory is an error.
 */
int source_prepare(struct source *source, const struct source_options *options,
                   struct wattle_error *error);

/* Forgets what was learned of a file, so that it is prepared once more. */
void source_forget(struct source *source);

/*
 * Opens the file of a prepared source once more: the descriptor, or an error
 * when it cannot be opened or another file has taken its place.
 */
int source_open(const struct source *source, struct wattle_error *error);

/* A folder whose real path is known: the last one asked for. */
struct source_folder {
    char *name, *real_path;
};

void source_folder_release(struct source_folder *folder);

/*
 * The real path of a source's file, or its name where there is none; to be
 * freed. NULL = no memory.
 */
char *source_real_path(const struct source *source,
                       struct source_folder *folder);

/* When a file was modified, in ns since 1970. */
int64_t source_modified_ns(const struct stat *info);

/* Whether it can be read from any record on, by several threads. */
static inline bool
source_is_splittable(const struct source *source)
{
    return source->kind == SOURCE_PLAIN && !source->has_bare_cr;
}

/* Whether the file behind a descriptor is longer than it was. */
bool source_has_grown(const struct source *source, int fd);

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
