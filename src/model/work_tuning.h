/*
 * work_tuning.h - how the work is done. Nothing here changes an answer.
 */
#ifndef MODEL_WORK_TUNING_H
#define MODEL_WORK_TUNING_H

#include <stdbool.h>
#include <stddef.h>

struct wattle_trace;

struct tuning {
    int simd;                   /* enum wattle_simd */
    int reader;                 /* enum wattle_reader */
    size_t block_bytes;         /* read at once; 0 = the default */
    bool no_cache;              /* row templates, dates, efficiencies */
    bool no_summaries;          /* of a database: every reading is decoded */
    bool timings;               /* by stage */
    struct wattle_trace *trace; /* or NULL */
};

#endif
