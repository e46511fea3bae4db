/*
 * reader.h - a moving view of a source's text.
 *
 * The view is contiguous memory with KERNEL_SLACK readable bytes behind it.
 * The one who reads says how much of it is done with; the rest stays at the
 * front and about a block more comes behind it.
 *
 *     struct reader *r = reader_open(source, &options, offset, error);
 *     while (!r->is_at_end) {
 *         status = reader_more(r, used, error);
 *         used = work_on(r->data, r->len);
 *     }
 *
 * Kinds: pread (plain files), mmap (plain files, windows of bounded size),
 * uring (plain files, the next block is read ahead), stream (streams and packed
 * files). One reader belongs to one thread.
 */
#ifndef INPUT_READER_H
#define INPUT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/line_ends.h"
#include "input/source.h"

struct reader;

struct reader_ops {
    const char *name;
    /* See reader_more. */
    int (*more)(struct reader *reader, size_t used, struct wattle_error *error);
    void (*close)(struct reader *reader);
};

struct reader {
    const uint8_t *data; /* the view */
    size_t len;
    uint64_t offset; /* of data[0] in the text */
    bool is_at_end;  /* nothing comes behind the view */
    bool is_cut;     /* what is behind the view is missing or damaged */
    int failure;     /* why; WATTLE_OK = the file has shrunk */
    struct wattle_error failure_error;
    /* for the kinds */
    const struct reader_ops *ops;
    const struct source *source;
    size_t block_bytes;
    int fd;
    uint64_t end; /* size of a plain file */
};

/* enum wattle_reader and block size (0 = default). */
struct reader_options {
    int kind;
    size_t block_bytes;
};

/*
 * Opens a reader on a prepared source; offset is 0 or, for plain files,
 * anywhere. NULL on failure. The view is empty at first.
 */
struct reader *reader_open(struct source *source,
                           const struct reader_options *options,
                           uint64_t offset, struct wattle_error *error);

/*
 * Drops the first `used` bytes of the view and brings more. 0, also when the
 * text is cut off (is_cut), or WATTLE_ERR_IO or WATTLE_ERR_MEMORY with the
 * error set.
 */
int reader_more(struct reader *reader, size_t used, struct wattle_error *error);

/* Bytes of the file behind us, for progress. */
uint64_t reader_progress(const struct reader *reader);

void reader_close(struct reader *reader);

/* What AUTO stands for; any other kind as it is. */
int reader_choice(int kind);

/* "mmap", "pread" or "uring". */
const char *reader_name(int kind);

/* The kinds; each allocates its own structure and sets ops. */
struct reader *reader_buffer_open(struct source *source, uint64_t offset,
                                  size_t block_bytes,
                                  struct wattle_error *error);
struct reader *reader_mmap_open(struct source *source, uint64_t offset,
                                size_t block_bytes, struct wattle_error *error);
struct reader *reader_uring_open(struct source *source, uint64_t offset,
                                 size_t block_bytes,
                                 struct wattle_error *error);

#endif
