/*
 * sized_struct.c - structures whose callers are older or newer than the
 * library.
 *
 * Options are copied up to the shorter of the two sizes. Bytes that only the
 * caller knows must be zero, else the call is refused. Results go out the same
 * way, and bytes that only the caller knows become zero.
 */
#include "base/sized_struct.h"

#include <string.h>

#include "base/error.h"

/* No structure of options comes near; what is larger was never set. */
#define MAX_SIZE 4096

static int
fail_size(struct wattle_error *error)
{
    return error_set(error, WATTLE_ERR_USAGE,
                     "the size of a structure is not set; begin with its _INIT "
                     "macro or _init function");
}

int
sized_struct_take(void *own, size_t own_size, const void *given,
                  struct wattle_error *error)
{
    size_t size;
    if (given == NULL)
        return WATTLE_OK;
    memcpy(&size, given, sizeof(size));
    if (size < sizeof(size) || size > MAX_SIZE)
        return fail_size(error);
    for (size_t i = own_size; i < size; i++) {
        if (((const unsigned char *)given)[i] != 0)
            return error_set(error, WATTLE_ERR_USAGE,
                             "a member is set that this version of the "
                             "library does not have (%zu bytes are given, "
                             "%zu are known)",
                             size, own_size);
    }
    memcpy(own, given, size < own_size ? size : own_size);
    memcpy(own, &own_size, sizeof(own_size));
    return WATTLE_OK;
}

int
sized_struct_give(void *given, const void *own, size_t own_size,
                  struct wattle_error *error)
{
    size_t size;
    memcpy(&size, given, sizeof(size));
    if (size < sizeof(size) || size > MAX_SIZE)
        return fail_size(error);
    memset((char *)given + sizeof(size), 0, size - sizeof(size));
    if (size < own_size)
        own_size = size;
    memcpy((char *)given + sizeof(size), (const char *)own + sizeof(size),
           own_size - sizeof(size));
    return WATTLE_OK;
}
