/*
 * pointer_list.c - one pointer for each element, in their order.
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
