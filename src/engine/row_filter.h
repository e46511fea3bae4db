/*
 * row_filter.h - which rows a report is about: since, until, device.
 */
#ifndef ENGINE_ROW_FILTER_H
#define ENGINE_ROW_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/row_store.h"
#include "model/batch.h"
#include "wattle/report.h"

/* True when any row might be left out. */
bool row_filter_is_active(const struct wattle_report_options *options);

/* True when the id matches one of the globs, or there is none. */
bool row_filter_wants_device(const struct wattle_report_options *options,
                             const char *id);

/*
 * Takes rows out of the batch that are outside the time range or of a device
 * whose flag has bit 0 set. Returns how many.
 */
size_t row_filter_apply(const struct wattle_report_options *options,
                        const uint8_t *device_flags, struct batch *batch);

#endif
