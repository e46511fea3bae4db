/*
 * reader.c - which kind of reader, and what is common to them.
 */
#include "ingest/reader.h"

#include <string.h>

#include "wattle/report.h"

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

size_t
line_ends_mend(struct line_ends *ends, uint8_t *text, size_t len,
               bool is_at_end)
{
    for (size_t i = 0; i < len; i++) {
        const uint8_t byte = text[i];
        if ((byte == '\r' || byte == '"') && i + 1 == len && !is_at_end)
            return i;
        if (ends->is_quoted) {
            if (byte != '"')
                continue;
            if (i + 1 < len && text[i + 1] == '"')
                i++;
            else
                ends->is_quoted = false;
        } else if (byte == '"' && !ends->is_in_field) {
            ends->is_quoted = ends->is_in_field = true;
        } else {
            if (byte == '\r' && (i + 1 == len || text[i + 1] != '\n'))
                text[i] = '\n';
            ends->is_in_field = byte != ',' && byte != '\n' && byte != '\r';
        }
    }
    return len;
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
