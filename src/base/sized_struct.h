/*
 * sized_struct.h - structures of options that a caller hands in.
 *
 * Their first member is their size, as the caller was compiled with it. A
 * caller of an older version knows fewer members: the others keep their
 * defaults. One of a newer version knows more: they must be zero, which means
 * the default of every member that came later.
 */
#ifndef BASE_SIZED_STRUCT_H
#define BASE_SIZED_STRUCT_H

#include <stddef.h>

#include "wattle/error.h"

/*
 * Copies what is given over `own`, which holds the defaults and has its own
 * size in it; given = NULL leaves them. 0, or WATTLE_ERR_USAGE when the size
 * was not set, or a member is set that is not known here.
 */
int sized_struct_take(void *own, size_t own_size, const void *given,
                      struct wattle_error *error);

/*
 * The other way: fills in the structure of a caller, but for its size, from one
 * of own_size bytes; members that are not known here become 0. 0, or
 * WATTLE_ERR_USAGE when its size was not set.
 */
int sized_struct_give(void *given, const void *own, size_t own_size,
                      struct wattle_error *error);

#endif
