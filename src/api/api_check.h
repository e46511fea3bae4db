/*
 * api_check.h - checks of options that several calls share.
 */
#ifndef API_API_CHECK_H
#define API_API_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "model/work_tuning.h"
#include "wattle/error.h"
#include "wattle/experimental/tuning.h"

/* An option that is a number from 0 on. */
struct api_number {
    const char *name;
    int64_t value, most;
};

/* Options that are numbers. 0 or WATTLE_ERR_USAGE. */
int api_check_numbers(const struct api_number *numbers, size_t n,
                      struct wattle_error *error);

/* The option device_globs: n patterns. 0 or WATTLE_ERR_USAGE. */
int api_check_globs(const char *const *globs, size_t n,
                    struct wattle_error *error);

/* The id of a device: 1 to 255 bytes, none zero. 0 or WATTLE_ERR_USAGE. */
int api_check_id(const char *id, size_t len, struct wattle_error *error);

/* What a registry has returned for an id. 0, WATTLE_ERR_USAGE or _MEMORY. */
int api_check_device(uint32_t number, struct wattle_error *error);

/*
 * The options since_ms and until_ms: times of the calendar or WATTLE_NO_TIME,
 * the first before the second. 0 or WATTLE_ERR_USAGE.
 */
int api_check_range(int64_t since_ms, int64_t until_ms,
                    struct wattle_error *error);

/*
 * Takes the tuning of a caller, or the defaults when it is NULL. 0,
 * WATTLE_ERR_USAGE or WATTLE_ERR_CPU.
 */
int api_check_tuning(const struct wattle_tuning *given, struct tuning *tuning,
                     struct wattle_error *error);

#endif
