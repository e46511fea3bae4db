/*
 * pointer_list.h - pointers to the elements of an array.
 *
 * A caller of the library goes through its lists by pointers, because an
 * element may be larger than the caller was compiled to believe.
 */
#ifndef BASE_POINTER_LIST_H
#define BASE_POINTER_LIST_H

#include <stddef.h>

/*
 * Heap memory with n pointers, to elements of `size` bytes each, and NULL
 * behind the last. NULL when out of memory.
 */
void *pointer_list_new(const void *elements, size_t n, size_t size);

#endif
