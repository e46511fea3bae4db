/*
 * buckets.h - readings of one device, in ascending time, into buckets.
 *
 *     buckets_init(&buckets, &rule);
 *     for each batch of the device:
 *         for (size_t row = 0; row < batch.n_rows;)
 *             buckets_add(&buckets, &batch, &row);
 *             ... buckets.list, but for its last, is final and may be dropped
 *
 * A reading counts in the bucket of its time. The energy of a step is split
 * where buckets and the range begin and end, by the same straight line as in
 * power.h; of a step that begins before the range or ends after it, only the
 * part inside counts. So readings of up to the largest gap before and after
 * the range belong into it, too.
 */
#ifndef ANALYTICS_BUCKETS_H
#define ANALYTICS_BUCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/bucket_list.h"
#include "simd/kernels.h"
#include "model/batch_view.h"

/* buckets_add returns when it holds this many. */
#define BUCKETS_ENOUGH 4096

struct buckets_options {
    struct bucket_rule rule;
    int64_t since_ms; /* inclusive; INT64_MIN = no limit */
    int64_t until_ms; /* exclusive; INT64_MAX = no limit */
    int64_t max_gap_ms;
    unsigned
        fields; /* bits of enum wattle_query_field; others may be left out */
    bool no_cache;
    const struct kernels *kernels;
};

/* Whether steps between readings count: they have energy and mean power. */
static inline bool
buckets_have_steps(const struct buckets_options *options)
{
    return (options->fields & (WATTLE_QUERY_ENERGY | WATTLE_QUERY_IMPORTED |
                               WATTLE_QUERY_RETURNED | WATTLE_QUERY_POWER)) !=
           0;
}

struct buckets {
    struct buckets_options options;
    struct bucket_list list;
    bool has_last;
    struct power_point last; /* the latest reading */
    uint64_t n_gaps; /* steps between powers that are too long; the caller sets
                      * it back */
};

void buckets_init(struct buckets *buckets,
                  const struct buckets_options *options);
void buckets_release(struct buckets *buckets);

/* Empties everything, for the next device. */
void buckets_begin(struct buckets *buckets);

/*
 * Adds rows from *row on, which becomes the first row not added: all are, or
 * there are BUCKETS_ENOUGH buckets to be dropped first. Times must ascend.
 * 0 or WATTLE_ERR_MEMORY.
 */
int buckets_add(struct buckets *buckets, const struct batch_view *batch,
                size_t *row);

/*
 * The general way for one row; defines what is right. 0 or WATTLE_ERR_MEMORY.
 */
int buckets_add_row(struct buckets *buckets, const struct batch_view *batch,
                    size_t row);

#endif
