/*
 * row_filter.c - compaction in place.
 */
#include "engine/row_filter.h"

#include <fnmatch.h>

bool
row_filter_is_active(const struct wattle_report_options *options)
{
    return options->since_ms != WATTLE_NO_TIME ||
           options->until_ms != WATTLE_NO_TIME || options->n_device_globs > 0;
}

bool
row_filter_wants_device(const struct wattle_report_options *options,
                        const char *id)
{
    for (size_t i = 0; i < options->n_device_globs; i++) {
        if (fnmatch(options->device_globs[i], id, 0) == 0)
            return true;
    }
    return options->n_device_globs == 0;
}

size_t
row_filter_apply(const struct wattle_report_options *options,
                 const uint8_t *device_flags, struct batch *batch)
{
    int64_t since_ms = options->since_ms;
    int64_t until_ms =
        options->until_ms != WATTLE_NO_TIME ? options->until_ms : INT64_MAX;
    size_t kept = 0, n = batch->n_rows;
    for (size_t i = 0; i < n; i++) {
        int64_t time_ms = batch->time_ms[i];
        if (time_ms < since_ms || time_ms >= until_ms ||
            (device_flags[batch->device[i]] & 1) != 0)
            continue;
        if (kept != i)
            batch_move(batch, kept, i);
        kept++;
    }
    batch->n_rows = kept;
    return n - kept;
}
