/*
 * scan_options.h - what a report or an import reads, and how.
 */
#ifndef RUN_SCAN_OPTIONS_H
#define RUN_SCAN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cancel_flag.h"
#include "base/zone.h"
#include "model/selection.h"
#include "model/work_tuning.h"

struct scan_options {
    struct selection selection;
    struct tuning tuning;
    int n_threads;                      /* 0 = one for each core */
    int64_t max_gap_ms;                 /* a longer step adds no energy */
    bool holds;                         /* powers hold: see meter.h */
    const struct wattle_zone *zone;     /* NULL = UTC, or the database's */
    int value_kind;                     /* enum wattle_value_kind */
    int zstd_window_log;                /* 0 = the default */
    bool keeps_rejects;                 /* all of them, to be visited */
    const struct wattle_cancel *cancel; /* or NULL */
};

#endif
