/*
 * batch_check.h - whether a batch from outside keeps what batch.h promises.
 *
 * Sums rely on it: they have room for values in range, not for any.
 */
#ifndef MODEL_BATCH_CHECK_H
#define MODEL_BATCH_CHECK_H

#include <stdbool.h>

#include "wattle/batch.h"

/*
 * True when every value is in its column's range and times ascend, in the
 * years 0 to 9999 and from after_ms on; INT64_MIN = from any.
 */
bool batch_check(const struct wattle_batch *batch, int64_t after_ms);

#endif
