/*
 * generate.h - readings that look like homes, for demos, tests, benchmarks.
 *
 * The same options give the same bytes on every machine and with every
 * number of threads.
 *
 *     struct wattle_generate_options options;
 *     wattle_generate_options_init(&options);
 *     options.out = "demo";
 *     options.n_readings = 100000;
 *     struct wattle_error error;
 *     if (wattle_generate(&options, &error) != WATTLE_OK)
 *         fprintf(stderr, "%s\n", error.message);
 */
#ifndef WATTLE_GENERATE_H
#define WATTLE_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "wattle/error.h"
#include "wattle/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

enum wattle_order { WATTLE_ORDER_TIME, WATTLE_ORDER_DEVICE };
enum wattle_packing { WATTLE_PACK_NONE, WATTLE_PACK_GZIP, WATTLE_PACK_ZSTD };

/* What to make. Strings are borrowed for the duration of the call. */
struct wattle_generate_options {
    const char *out;     /* folder, created if absent; "-" = stdout */
    uint64_t n_devices;  /* 1 .. 10,000,000; default 1,000 */
    uint64_t n_readings; /* rows of readings over all files; 100,000 */
    uint64_t n_files;    /* 1 .. 9,999; default 4; stdout has one stream */
    uint64_t seed;       /* default 1 */
    int64_t interval_ms; /* step between readings of a device, whole seconds,
                            at most 366 days; default 900,000 */
    int64_t start_ms;    /* first timestamp, ms since 1970 UTC, a whole
                            second; default 2023-01-01 */
    int mains_v;         /* 120 or 230 (default) */
    int order;           /* enum wattle_order */
    int packing;         /* enum wattle_packing */
    double dirty;        /* 0 .. 0.5: share of rows that get a defect */
    bool force;          /* write into a folder that holds readings */
    int n_threads;       /* 0 .. 256; 0 = one for each core */
    /* Called now and then on the calling thread, when not NULL; in the end
       with done = total. */
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *progress_context;
    struct wattle_trace *trace; /* what ran when, or NULL; see trace.h */
};

/* Sets every field to its default; `out` to NULL. */
void wattle_generate_options_init(struct wattle_generate_options *options);

/*
 * Writes readings_0001.csv ... (with .gz or .zst when packed), devices.csv,
 * and truth.json when dirty, into options->out; to stdout only the readings.
 * Returns WATTLE_OK, or WATTLE_ERR_USAGE (an option out of range; or, with
 * error->path set, a folder that already holds such files without `force`),
 * WATTLE_ERR_IO, WATTLE_ERR_MEMORY; *error (may be NULL) says why.
 *
 * Files are written as NAME.part and get their names when all are whole; a
 * failure leaves none. `force` also removes files of an earlier run that this
 * one does not write again, and no others.
 */
int wattle_generate(const struct wattle_generate_options *options,
                    struct wattle_error *error);

#ifdef __cplusplus
}
#endif

#endif
