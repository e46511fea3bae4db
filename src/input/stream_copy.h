/*
 * stream_copy.h - a packed copy of a stream, so that it can be read again.
 *
 * Written while the stream is read the first time, zstd at its fastest into
 * a nameless temporary file. A copy that fails (no space) only says so when
 * it is needed.
 */
#ifndef INPUT_STREAM_COPY_H
#define INPUT_STREAM_COPY_H

#include <stddef.h>

#include "wattle/error.h"

struct stream_copy;

struct stream_copy *stream_copy_new(void); /* NULL = no memory */
void stream_copy_write(struct stream_copy *copy, const void *text, size_t len);

/* Ends writing; the descriptor of the packed file, or a negative status. */
int stream_copy_finish(struct stream_copy *copy, struct wattle_error *error);

void stream_copy_free(struct stream_copy *copy);

#endif
