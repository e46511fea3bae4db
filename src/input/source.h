/*
 * source.h - one input: a file, a stream, or rows handed over in memory.
 *
 * A list of sources is made from the paths given, in input order. A source
 * is prepared once (opened, its head read) and may then be read
 * any number of times, also in parts when it is a plain file: a stream that
 * may have to be read again is copied, packed, into a temporary file.
 */
#ifndef INPUT_SOURCE_H
#define INPUT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "input/text_stream.h"
#include "input/row_store.h"
#include "input/stream_copy.h"
#include "wattle/error.h"

struct recognition;

enum source_kind {
    SOURCE_PLAIN,  /* a file to be read at any offset */
    SOURCE_PACKED, /* gzip or zstd: from the start only */
    SOURCE_STREAM, /* standard input, a FIFO: once only */
    SOURCE_ROWS    /* batches handed over by the caller */
};

struct source {
    char *path; /* as given, or folder/name */
    enum source_kind kind;
    char *problem;         /* why it, or its rest, cannot be used, or NULL */
    bool is_prepared;      /* see source_prepare */
    bool is_opened;        /* it has a head to be recognised by */
    bool is_usable;        /* and was recognised */
    bool is_value_assumed; /* see struct recognition */
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
    bool ends_here; /* it is longer, and nothing behind size_bytes counts */
    int window_log; /* see text_stream.h */
    /* what it holds: the caller's business; see source_set_recognition */
    struct recognition *recognition;
    void (*release_recognition)(struct recognition *recognition);
    uint64_t data_offset; /* of the first byte behind the header, in text */
    uint64_t header_lines;
    uint64_t known_bytes;       /* left out, see source_skip */
    int fd;                     /* streams only, else -1 */
    struct text_stream *stream; /* a stream before its first reading */
    uint8_t *head; /* its first bytes; of files until source_drop_head */
    size_t head_len;
    struct stream_copy *copy; /* made during the first reading */
    struct row_store *rows;
};

struct source_list {
    struct source *sources;
    size_t n, cap;
};

/* Which files of a folder are read. */
struct source_names {
    /* `name` without what packing adds to it has `len` bytes. */
    bool (*is_wanted)(const char *name, size_t len);
    const char *described; /* "*.csv" */
};

/*
 * Adds what a path stands for: a file, a stream, or the files of a folder that
 * `names` wants, in the order of their names. WATTLE_ERR_IO when it does not
 * exist or a folder cannot be read, or WATTLE_ERR_MEMORY.
 */
int source_list_add_path(struct source_list *list, const char *path,
                         const struct source_names *names,
                         struct wattle_error *error);

/*
 * Takes the sources out of the list that are marked, and moves the others up;
 * `others` are the caller's, one for each source, of `size` bytes.
 */
void source_list_drop(struct source_list *list, const uint8_t *is_dropped,
                      void *others, size_t size);

/*
 * Adds a file that is known to be unusable, to be listed. 0 or
 * WATTLE_ERR_MEMORY.
 */
int source_list_add_broken(struct source_list *list, const char *path,
                           const char *problem);

/*
 * Adds a file that was read earlier, to be listed; problem may be NULL. 0 or
 * WATTLE_ERR_MEMORY.
 */
int source_list_add_read(struct source_list *list, const char *path,
                         bool is_usable, bool is_value_assumed,
                         const char *problem);

/* The row store at the end of the list, a new one if need be; NULL = memory. */
struct row_store *source_list_rows(struct source_list *list);

/*
 * Rows that belong to somebody else, as a source of that name. They are to be
 * taken back before the list is released. False when out of memory.
 */
bool source_list_lend_rows(struct source_list *list, const char *name,
                           struct row_store *rows);
void source_list_take_back(struct source_list *list);

void source_list_release(struct source_list *list);

/* How sources are to be read. */
struct source_options {
    int window_log; /* of zstd, 0 = the default */
    /*
     * The caller comes again for what a plain file has gained: what it is
     * known by is noted, and, unless it is final, a last line without its end
     * is left for the next time.
     */
    bool may_grow;
    bool is_final;
};

/* The most bytes of a head. */
#define SOURCE_HEAD_BYTES ((size_t)65536)

/*
 * Opens the source and reads its head, the first time: the first bytes of its
 * text. What makes it unusable goes to source->problem; only lack of memory is
 * an error.
 */
int source_prepare(struct source *source, const struct source_options *options,
                   struct wattle_error *error);

/*
 * Notes what the head was recognised as. Without a problem the source is usable
 * then. `recognition` is released with the source.
 */
void source_set_recognition(struct source *source,
                            struct recognition *recognition,
                            void (*release)(struct recognition *recognition));

/* Frees the head, once it was recognised; a stream's goes with its text. */
void source_drop_head(struct source *source);

/* Forgets what was learned of a file, so that it is prepared once more. */
void source_forget(struct source *source);

/*
 * Opens the file of a prepared source once more: the descriptor, or
 * WATTLE_ERR_IO when it cannot be opened or another file has taken its place.
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

/* Whether it can be read from any offset on. */
static inline bool
source_is_seekable(const struct source *source)
{
    return source->kind == SOURCE_PLAIN && !source->has_bare_cr;
}

/* Whether the file behind a descriptor is longer than it was. */
bool source_has_grown(const struct source *source, int fd);

/*
 * Leaves out the begin of a prepared plain file: a record begins at `bytes`,
 * and `lines` LF bytes are before it.
 */
void source_skip(struct source *source, uint64_t bytes, uint64_t lines);

/* Notes why a source cannot be used (first reason stays). */
void source_set_problem(struct source *source, const char *text);

/* True when a path names a device table, never readings. */
bool source_is_device_table(const char *path);

#endif
