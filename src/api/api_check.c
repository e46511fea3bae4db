/*
 * api_check.c - what options may be.
 */
#include "api/api_check.h"

#include <stdbool.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "wattle/result.h"

int
api_check_numbers(const struct api_number *numbers, size_t n,
                  struct wattle_error *error)
{
    for (size_t i = 0; i < n; i++) {
        if (numbers[i].value < 0 || numbers[i].value > numbers[i].most)
            return error_set(error, WATTLE_ERR_USAGE,
                             "the option %s must be 0 to %lld, not %lld",
                             numbers[i].name, (long long)numbers[i].most,
                             (long long)numbers[i].value);
    }
    return WATTLE_OK;
}

int
api_check_globs(const char *const *globs, size_t n, struct wattle_error *error)
{
    for (size_t i = 0; i < n; i++) {
        if (globs == NULL || globs[i] == NULL)
            return error_set(error, WATTLE_ERR_USAGE,
                             "the option device_globs has NULL in place of "
                             "pattern %zu of %zu",
                             i + 1, n);
    }
    return WATTLE_OK;
}

static bool
is_time(int64_t time_ms)
{
    return time_ms == WATTLE_NO_TIME ||
           (time_ms >= CIVIL_MIN_MS && time_ms <= CIVIL_MAX_MS);
}

int
api_check_range(int64_t since_ms, int64_t until_ms, struct wattle_error *error)
{
    if (!is_time(since_ms) || !is_time(until_ms))
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option %s must be in the years 0 to 9999",
                         is_time(since_ms) ? "until_ms" : "since_ms");
    if (until_ms != WATTLE_NO_TIME && since_ms >= until_ms)
        return error_set(error, WATTLE_ERR_USAGE,
                         "the range is empty: its begin (since) must be "
                         "before its end (until)");
    return WATTLE_OK;
}
