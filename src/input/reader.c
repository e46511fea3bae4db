/*
 * reader.c - which kind of reader, and what is common to them.
 *
 * Plain files are read by mmap, io_uring or pread, as the options say. Packed
 * files, streams, and text whose line ends must be changed always take the
 * buffer of reader_buffer.c. Every kind begins with a struct reader and is
 * called through its ops.
 */
#include "input/reader.h"

#include <string.h>

#include "wattle/experimental/tuning.h"

#define DEFAULT_BLOCK_BYTES ((size_t)256 << 10)

int
reader_choice(int kind)
{
    return kind == WATTLE_READER_AUTO ? WATTLE_READER_PREAD : kind;
}

const char *
reader_name(int kind)
{
    switch (reader_choice(kind)) {
    case WATTLE_READER_MMAP:
        return "mmap";
    case WATTLE_READER_URING:
        return "uring";
    default:
        return "pread";
    }
}

struct reader *
reader_open(struct source *source, const struct reader_options *options,
            uint64_t offset, struct wattle_error *error)
{
    size_t block =
        options->block_bytes != 0 ? options->block_bytes : DEFAULT_BLOCK_BYTES;
    /* text that is changed on the way needs a buffer */
    if (source->kind == SOURCE_PLAIN && !source->has_bare_cr) {
        switch (reader_choice(options->kind)) {
        case WATTLE_READER_MMAP:
            return reader_mmap_open(source, offset, block, error);
        case WATTLE_READER_URING:
            return reader_uring_open(source, offset, block, error);
        default:
            break;
        }
    }
    return reader_buffer_open(source, offset, block, error);
}

int
reader_more(struct reader *reader, size_t used, struct wattle_error *error)
{
    return reader->ops->more(reader, used, error);
}

void
reader_close(struct reader *reader)
{
    if (reader != NULL)
        reader->ops->close(reader);
}
