/*
 * cancel_flag.c - a flag that a signal handler may set.
 *
 * It is a lock-free atomic, so any thread may set it as well; nothing clears
 * it. Long calls look at it between pieces of their work and end with
 * WATTLE_ERR_CANCELLED.
 */
#include "base/cancel_flag.h"

#include <stdlib.h>

#include "base/error.h"

_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "a signal handler sets it");

struct wattle_cancel *
wattle_cancel_new(void)
{
    return calloc(1, sizeof(struct wattle_cancel));
}

void
wattle_cancel(struct wattle_cancel *cancel)
{
    if (cancel != NULL)
        atomic_store_explicit(&cancel->is_set, true, memory_order_relaxed);
}

void
wattle_cancel_free(struct wattle_cancel *cancel)
{
    free(cancel);
}

int
cancel_flag_check(const struct wattle_cancel *cancel,
                  struct wattle_error *error)
{
    return cancel_flag_is_set(cancel)
               ? error_set(error, WATTLE_ERR_CANCELLED, "cancelled")
               : WATTLE_OK;
}
