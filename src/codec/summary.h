/*
 * summary.h - the totals and profile of a chunk as bytes.
 *
 * With it a report adds up chunks without looking into them. The bytes are
 * described in docs/format.md; zone and largest gap are those
 * of the database (meta.h).
 */
#ifndef CODEC_SUMMARY_H
#define CODEC_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/totals.h"
#include "base/buffer.h"

/* In `missing`: no section of what is returned, where there should be one. */
#define SUMMARY_RETURNED (UINT64_C(1) << 63)

struct summary {
    struct device_totals totals; /* its extra part is owned */
    struct totals_first first;   /* its states are owned */
    uint64_t missing;            /* bit k: no section of the k-th aggregate */
    struct energy_sum returned;  /* as read; it is in the totals then */
    struct profile profile;      /* owned; without slots: only to merge from */
    size_t day_cap;
};

/*
 * Appends the bytes, without the aggregates in `left_out` (bits as above). 0
 * or WATTLE_ERR_MEMORY.
 */
int summary_encode(const struct device_totals *totals,
                   const struct totals_first *first,
                   const struct profile *profile, uint64_t left_out,
                   struct buffer *out);

/*
 * Reads bytes into a summary, which is zeroed at first and may be used again.
 * 0, WATTLE_ERR_FORMAT when they are damaged, or WATTLE_ERR_MEMORY.
 */
int summary_decode(const void *bytes, size_t len, struct summary *summary);

void summary_release(struct summary *summary);

#endif
