/*
 * bucket_rule.h - how time is cut into buckets, all UTC.
 *
 * Spans are aligned to 1970-01-01T00Z, those of whole weeks to a Monday
 * (1969-12-29), months to a January: three months are a quarter, twelve a
 * year. A bucket begins no earlier than the year 0.
 */
#ifndef ANALYTICS_BUCKET_RULE_H
#define ANALYTICS_BUCKET_RULE_H

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
};

/* Half-open. */
struct bucket_range {
    int64_t start_ms, end_ms;
};

/* The bucket that a time lies in; INT64_MIN to INT64_MAX for the whole. */
struct bucket_range bucket_rule_range(const struct bucket_rule *rule,
                                      int64_t time_ms);

/* The buckets as cells; the rule is borrowed. */
struct time_partition bucket_rule_partition(const struct bucket_rule *rule);

#endif
