/*
 * cancel_flag.h - whether work that runs is still wanted.
 */
#ifndef BASE_CANCEL_FLAG_H
#define BASE_CANCEL_FLAG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "wattle/cancel.h"
#include "wattle/error.h"

struct wattle_cancel {
    atomic_bool is_set;
};

static inline bool
cancel_flag_is_set(const struct wattle_cancel *cancel)
{
    return cancel != NULL &&
           atomic_load_explicit(&cancel->is_set, memory_order_relaxed);
}

/* 0, or WATTLE_ERR_CANCELLED with the error set. */
int cancel_flag_check(const struct wattle_cancel *cancel,
                      struct wattle_error *error);

#endif
