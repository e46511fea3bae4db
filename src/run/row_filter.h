/*
 * row_filter.h - which rows a report is about: since, until, device.
 */
#ifndef RUN_ROW_FILTER_H
#define RUN_ROW_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "model/batch.h"
#include "model/selection.h"

/*
 * Takes rows out of the batch that are outside the time range or of a device
 * whose flag has bit 0 set. Returns how many.
 */
size_t row_filter_apply(const struct selection *selection,
                        const uint8_t *device_flags, struct batch *batch);

#endif
