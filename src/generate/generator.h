/*
 * generator.h - readings that look like homes, for demos, tests, benchmarks.
 *
 * A library of its own, which only the program links: libwattle has no part of
 * it.
 *
 * The same options give the same bytes on every machine and with every
 * number of threads.
 *
 *     struct generator_options options;
 *     generator_options_init(&options);
 *     options.out = "demo";
 *     options.n_readings = 100000;
 *     struct wattle_error error;
 *     if (generator_run(&options, &error) != WATTLE_OK)
 *         fprintf(stderr, "%s\n", error.message);
 */
#ifndef GENERATE_GENERATOR_H
#define GENERATE_GENERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "wattle/error.h"
#include "wattle/experimental/trace.h"

enum generator_order { GENERATOR_ORDER_TIME, GENERATOR_ORDER_DEVICE };
enum generator_packing {
    GENERATOR_PACK_NONE,
    GENERATOR_PACK_GZIP,
    GENERATOR_PACK_ZSTD
};

/* What to make. Strings are borrowed for the duration of the call. */
struct generator_options {
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
    int order;           /* enum generator_order */
    int packing;         /* enum generator_packing */
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
void generator_options_init(struct generator_options *options);

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
int generator_run(const struct generator_options *options,
                  struct wattle_error *error);

#endif
