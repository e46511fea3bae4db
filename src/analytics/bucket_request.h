/*
 * bucket_request.h - what a query by time asks for, checked and complete.
 */
#ifndef ANALYTICS_BUCKET_REQUEST_H
#define ANALYTICS_BUCKET_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/bucket_rule.h"
#include "model/selection.h"
#include "simd/kernels.h"

struct bucket_request {
    struct selection selection;
    struct bucket_rule rule;
    bool is_raw;         /* each reading is a row */
    bool is_total;       /* all devices together */
    unsigned fields;     /* bits of enum wattle_query_field */
    int fill;            /* enum wattle_query_fill */
    double rate_per_kwh; /* NaN = no cost */
    double return_rate_per_kwh;
    int64_t max_gap_ms;
    bool holds; /* powers hold: see meter.h */
    const struct kernels *kernels;
    bool no_cache;
};

#endif
