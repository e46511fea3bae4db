/*
 * bucket_rule.h - how time is cut into buckets.
 *
 * Spans are aligned to 1970-01-01T00 of the zone's clocks, those of whole weeks
 * to a Monday (1969-12-29), months to a January: three months are a quarter,
 * twelve a year. A bucket begins no earlier than the year 0.
 *
 * Spans of up to an hour have that length, but for one that ends when clocks
 * are changed: the hour that they show twice is two buckets. Longer ones begin
 * when clocks show their start for the first time, so days have 23 to 25 hours.
 */
#ifndef ANALYTICS_BUCKET_RULE_H
#define ANALYTICS_BUCKET_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time_partition.h"

enum bucket_kind {
    BUCKET_WHOLE,  /* all time is one bucket */
    BUCKET_SPANS,  /* of a fixed number of milliseconds */
    BUCKET_MONTHS, /* of a number of calendar months */
};

struct bucket_rule {
    enum bucket_kind kind;
    int64_t size; /* ms or months, > 0; not used for the whole */
    const struct wattle_zone *zone; /* borrowed; NULL = UTC */
};

/* Half-open. */
struct bucket_range {
    int64_t start_ms, end_ms;
};

/* The bucket that a time lies in; INT64_MIN to INT64_MAX for the whole. */
struct bucket_range bucket_rule_range(const struct bucket_rule *rule,
                                      int64_t time_ms);

/*
 * Whether a time is in the bucket behind one that ends at end_ms, which is then
 * rule->size long; when this is not easily seen, false.
 */
bool bucket_rule_is_next(const struct bucket_rule *rule, int64_t end_ms,
                         int64_t time_ms);

/* The buckets as cells; the rule is borrowed. */
struct time_partition bucket_rule_partition(const struct bucket_rule *rule);

#endif
