/*
 * buffer.c - doubling growth.
 *
 * A failed call changes nothing: what the buffer holds stays valid, at its old
 * place.
 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int
buffer_reserve(struct buffer *b, size_t extra)
{
    if (extra > SIZE_MAX - b->len)
        return WATTLE_ERR_MEMORY;
    if (b->len + extra <= b->cap)
        return WATTLE_OK;
    char *data = buffer_grow_array(b->data, &b->cap, b->len + extra, 1);
    if (data == NULL)
        return WATTLE_ERR_MEMORY;
    b->data = data;
    return WATTLE_OK;
}

int
buffer_append(struct buffer *b, const void *bytes, size_t len)
{
    if (len == 0)
        return WATTLE_OK;
    int status = buffer_reserve(b, len);
    if (status == WATTLE_OK) {
        memcpy(b->data + b->len, bytes, len);
        b->len += len;
    }
    return status;
}

int
buffer_append_text(struct buffer *b, const char *text)
{
    return buffer_append(b, text, strlen(text));
}

int
buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || buffer_reserve(b, (size_t)n + 1) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    va_start(args, format);
    vsnprintf(b->data + b->len, (size_t)n + 1, format, args);
    va_end(args);
    b->len += (size_t)n;
    return WATTLE_OK;
}

void
buffer_trim(struct buffer *b)
{
    char *data = b->len > 0 ? realloc(b->data, b->len) : NULL;
    if (data == NULL)
        return;
    b->data = data;
    b->cap = b->len;
}

void
buffer_release(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){0};
}

void *
buffer_grow_array(void *array, size_t *cap, size_t wanted, size_t size)
{
    size_t new_cap = *cap < 16 ? 16 : *cap;
    while (new_cap < wanted) {
        if (new_cap > SIZE_MAX / 2)
            return NULL;
        new_cap *= 2;
    }
    if (new_cap > SIZE_MAX / size)
        return NULL;
    if (array != NULL && new_cap == *cap)
        return array;
    void *grown = realloc(array, new_cap * size);
    if (grown != NULL)
        *cap = new_cap;
    return grown;
}
