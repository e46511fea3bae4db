/*
 * tuning.h - how the library works, for those who measure it.
 *
 *     struct wattle_tuning tuning = WATTLE_TUNING_INIT;
 *     tuning.simd = WATTLE_SIMD_SCALAR;
 *     options.tuning = &tuning;
 *
 * Nothing here changes an answer. What is in this folder may change with any
 * version of the library.
 */
#ifndef WATTLE_EXPERIMENTAL_TUNING_H
#define WATTLE_EXPERIMENTAL_TUNING_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct wattle_trace;

enum wattle_simd {
    WATTLE_SIMD_AUTO,
    WATTLE_SIMD_SCALAR,
    WATTLE_SIMD_AVX2,
    WATTLE_SIMD_AVX512,
    WATTLE_SIMD_NEON
};

/*
 * How plain files are read. MMAP is the fastest for files in the page cache.
 * It handles SIGBUS while files are read, for when one shrinks meanwhile, and
 * hands on what is not its own; AUTO leaves a program's signals alone: PREAD.
 */
enum wattle_reader {
    WATTLE_READER_AUTO,
    WATTLE_READER_MMAP,
    WATTLE_READER_PREAD,
    WATTLE_READER_URING
};

/* Borrowed, with the trace, as long as the options that point to it. */
struct wattle_tuning {
    size_t size;        /* of this structure, as the caller knows it */
    int simd;           /* enum wattle_simd */
    int reader;         /* enum wattle_reader */
    size_t block_bytes; /* bytes read at once; 0 = the default */
    bool no_cache;      /* remember no row templates, dates, efficiencies */
    bool no_summaries;  /* report of a database: decode every reading */
    bool timings;       /* measure where the time goes; see the result */
    struct wattle_trace *trace; /* what ran when, or NULL; see trace.h */
};

#define WATTLE_TUNING_INIT                                                     \
    {                                                                          \
        .size = sizeof(struct wattle_tuning)                                   \
    }

/* The same for a structure that is there; also for C++. */
static inline void
wattle_tuning_init(struct wattle_tuning *tuning)
{
    memset(tuning, 0, sizeof(*tuning));
    tuning->size = sizeof(*tuning);
}

#ifdef __cplusplus
}
#endif

#endif
