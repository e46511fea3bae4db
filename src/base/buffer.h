/*
 * buffer.h - bytes that grow, with a hard maximum when wanted.
 *
 * Ground floor. Zero-initialised is empty and valid. Not thread-safe.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *data; /* NULL while empty; no terminating zero */
    size_t len;
    size_t cap;
};

/* Room for `extra` more bytes; 0, or WATTLE_ERR_MEMORY. */
int buffer_reserve(struct buffer *b, size_t extra);

/* Appends bytes; 0, or WATTLE_ERR_MEMORY with nothing changed. */
int buffer_append(struct buffer *b, const void *bytes, size_t len);

/* The same for a text, without its zero byte. */
int buffer_append_text(struct buffer *b, const char *text);

/* printf at the end of the buffer; 0, or WATTLE_ERR_MEMORY, as above. */
int buffer_printf(struct buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Gives back what is not in use, if that can be done. */
void buffer_trim(struct buffer *b);

void buffer_release(struct buffer *b);

/*
 * Grows an array to hold at least `wanted` elements, doubling; *cap is in
 * elements. Returns the array (moved perhaps), or NULL when out of memory or
 * when the size overflows; the old array is then still valid.
 */
void *buffer_grow_array(void *array, size_t *cap, size_t wanted, size_t size);

#endif
