/*
 * api_check.c - what options may be.
 *
 * Every public function that takes options checks them here or beside its
 * opening, so that the rooms below are handed only what makes sense.
 */
#include "api/api_check.h"

#include <stdbool.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "base/sized_struct.h"
#include "model/registry.h"
#include "simd/kernels.h"
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

int
api_check_tuning(const struct wattle_tuning *given, struct tuning *tuning,
                 struct wattle_error *error)
{
    static const char *const simd_names[] = {
        [WATTLE_SIMD_AVX2] = "AVX2",
        [WATTLE_SIMD_AVX512] = "AVX-512 with VBMI",
        [WATTLE_SIMD_NEON] = "NEON",
    };
    struct wattle_tuning all = WATTLE_TUNING_INIT;
    int status = sized_struct_take(&all, sizeof(all), given, error);
    const struct api_number numbers[] = {
        {"reader", all.reader, WATTLE_READER_URING},
        {"simd", all.simd, WATTLE_SIMD_NEON},
    };
    if (status == WATTLE_OK)
        status = api_check_numbers(numbers,
                                   sizeof(numbers) / sizeof(numbers[0]), error);
    if (status != WATTLE_OK)
        return status;
    if (all.block_bytes > (size_t)1 << 30)
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option block_bytes must be at most 1 GiB");
    if (kernels_for(all.simd) == NULL)
        return error_set(error, WATTLE_ERR_CPU, "this CPU has no %s",
                         simd_names[all.simd]);
    *tuning = (struct tuning){
        .simd = all.simd,
        .reader = all.reader,
        .block_bytes = all.block_bytes,
        .no_cache = all.no_cache,
        .no_summaries = all.no_summaries,
        .timings = all.timings,
        .trace = all.trace,
    };
    return WATTLE_OK;
}

int
api_check_id(const char *id, size_t len, struct wattle_error *error)
{
    if (id == NULL)
        return error_null(error, "id");
    if (len == 0 || len > REGISTRY_MAX_ID || memchr(id, '\0', len) != NULL)
        return error_set(error, WATTLE_ERR_USAGE,
                         "a device id must have 1 to %d bytes, none zero",
                         REGISTRY_MAX_ID);
    return WATTLE_OK;
}

int
api_check_device(uint32_t number, struct wattle_error *error)
{
    if (number == REGISTRY_BAD_ID)
        return error_set(error, WATTLE_ERR_USAGE,
                         "a device id is not UTF-8, and too long as such");
    return number != REGISTRY_NO_DEVICE ? WATTLE_OK : error_memory(error);
}
