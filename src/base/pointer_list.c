/*
 * pointer_list.c - one pointer for each element of an array, in order.
 *
 * The list is one piece of heap memory, which the caller frees. The elements
 * stay the caller's and must not move while the list is in use.
 */
#include "base/pointer_list.h"

#include <stdlib.h>

void *
pointer_list_new(const void *elements, size_t n, size_t size)
{
    const char *at = elements;
    const void **pointers = calloc(n + 1, sizeof(*pointers));
    for (size_t i = 0; i < n && pointers != NULL; i++, at += size)
        pointers[i] = at;
    return pointers;
}
