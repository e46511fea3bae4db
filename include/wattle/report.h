/*
 * report.h - from readings to a report.
 *
 *     struct wattle_report *report;
 *     struct wattle_report_options options;
 *     struct wattle_error error;
 *     wattle_report_options_init(&options);
 *     if (wattle_report_open(&report, &options, &error) == WATTLE_OK &&
 *         wattle_report_add_path(report, "readings", &error) == WATTLE_OK &&
 *         wattle_report_run(report, &error) == WATTLE_OK)
 *         printf("%g kWh\n",
 *                wattle_report_result(report)->figures->energy_kwh);
 *     wattle_report_close(report);
 *
 * One report belongs to one thread at a time; different reports may run in
 * different threads. Only wattle_report_progress may be called meanwhile
 * from elsewhere.
 */
#ifndef WATTLE_REPORT_H
#define WATTLE_REPORT_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wattle/result.h"
#include "wattle/batch.h"
#include "wattle/error.h"
#include "wattle/measure.h"
#include "wattle/writer.h"
#include "wattle/zone.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wattle_cancel;
struct wattle_tuning;

/*
 * Begin with the macro or the function below, which set every member. Strings
 * and arrays are borrowed until the report is closed.
 */
struct wattle_report_options {
    size_t size;         /* of this structure, as the caller knows it */
    double rate_per_kwh; /* default 0.15 */
    double budget;       /* per month; NaN (default) = none */
    int64_t max_gap_ms;  /* 1 .. one year; default one hour */
    int64_t since_ms;    /* inclusive; default WATTLE_NO_TIME = no limit */
    int64_t until_ms;    /* exclusive; default WATTLE_NO_TIME = no limit */
    const char *const *device_globs; /* any may match; see fnmatch(3) */
    size_t n_device_globs;           /* 0 = all devices */
    const char *devices_path; /* device table; NULL = beside the readings */
    int value_kind;           /* enum wattle_value_kind */
    int zstd_window_log; /* largest window of zstd input, 10 to 31 as a power
                            of two; 0 = 27, which is 128 MiB */
    const char *rejects_path;     /* file to write every reject to, or NULL */
    struct wattle_cancel *cancel; /* or NULL; see cancel.h */
    int n_threads;                /* 0 = one for each core */
    const struct wattle_tuning *tuning; /* or NULL; experimental/tuning.h */
    double return_rate_per_kwh; /* what a returned kWh earns; default 0 */
    const char *location_glob;  /* NULL (default) = any or none */
    int interpolation;          /* enum wattle_interpolation; default linear */
    int sort;                   /* enum wattle_sort; default by id */
    size_t limit;               /* devices that are written; 0 = all */
    /*
     * Whose hours and days, and of times without an offset; borrowed. NULL
     * (default) = the database's own, else UTC.
     */
    const struct wattle_zone *zone;
    bool is_zone_assumed; /* it is a guess: the result says so if it matters */
};

#define WATTLE_REPORT_OPTIONS_INIT                                             \
    {                                                                          \
        .size = sizeof(struct wattle_report_options), .rate_per_kwh = 0.15,    \
        .budget = NAN, .max_gap_ms = 3600000, .since_ms = WATTLE_NO_TIME,      \
        .until_ms = WATTLE_NO_TIME                                             \
    }

/* The same for a structure that is there; also for C++. */
static inline void
wattle_report_options_init(struct wattle_report_options *options)
{
    memset(options, 0, sizeof(*options));
    options->size = sizeof(*options);
    options->rate_per_kwh = 0.15;
    options->budget = NAN;
    options->max_gap_ms = 3600000;
    options->since_ms = WATTLE_NO_TIME;
    options->until_ms = WATTLE_NO_TIME;
}

struct wattle_report;

/*
 * Makes an empty report. Returns WATTLE_OK, WATTLE_ERR_USAGE (an option out
 * of range), WATTLE_ERR_CPU (a SIMD level this CPU lacks), WATTLE_ERR_IO or
 * _FORMAT (a device table that cannot be read) or WATTLE_ERR_MEMORY; *report
 * is NULL on failure.
 */
int wattle_report_open(struct wattle_report **report,
                       const struct wattle_report_options *options,
                       struct wattle_error *error);

/*
 * Adds a database of wattle, alone, or a file, a folder (its *.csv, *.csv.gz
 * and *.csv.zst, sorted by name) or "-" for standard input. Order counts: of
 * two readings with the same device and time the later one stays. WATTLE_ERR_IO
 * when it does not exist. A file that turns out unusable is listed in the
 * result's skipped_files.
 */
int wattle_report_add_path(struct wattle_report *report, const char *path,
                           struct wattle_error *error);

/*
 * The number for a device id of 1 to 255 bytes without a zero byte, to use
 * in batches of this report. WATTLE_ERR_USAGE for other ids.
 */
int wattle_report_add_device(struct wattle_report *report, const char *id,
                             size_t len, uint32_t *number,
                             struct wattle_error *error);

/*
 * Adds readings from memory, after everything added before. The arrays are
 * not needed afterwards. Each row counts as a data line. WATTLE_ERR_USAGE
 * when a value is out of its column's range; the batch is then not added.
 */
int wattle_report_add_batch(struct wattle_report *report,
                            const struct wattle_batch *batch,
                            struct wattle_error *error);

/*
 * Reads everything and computes the result; to be called once. Returns
 * WATTLE_OK, WATTLE_ERR_NO_INPUT (not one file could be used; the result
 * still lists the skipped ones), WATTLE_ERR_IO, WATTLE_ERR_USAGE (the rejects
 * file is one of the inputs, or the report has run already),
 * WATTLE_ERR_CHANGED, WATTLE_ERR_CANCELLED (see cancel.h), WATTLE_ERR_FORMAT
 * (a damaged database), WATTLE_ERR_MEMORY. After a failure other than
 * NO_INPUT the result means nothing; close the report.
 */
int wattle_report_run(struct wattle_report *report, struct wattle_error *error);

/* Sets what since_ms and until_ms of the options say, before it has run. */
int wattle_report_set_range(struct wattle_report *report, int64_t since_ms,
                            int64_t until_ms, struct wattle_error *error);

/* The result; NULL before wattle_report_run has returned. */
const struct wattle_report_result *wattle_report_result(
    const struct wattle_report *report);

/* Bytes read and bytes to read, for a progress bar; total 0 = not known. */
void wattle_report_progress(const struct wattle_report *report, uint64_t *done,
                            uint64_t *total);

/* Frees the report and its result; NULL is harmless. */
void wattle_report_close(struct wattle_report *report);

/* How a text report looks; NULL = as the macro below. */
struct wattle_text_style {
    size_t size;    /* of this structure, as the caller knows it */
    int width;      /* columns, 40 .. 200; 80 is usual */
    bool is_utf8;   /* bars and lines beyond ASCII */
    bool is_colour; /* ANSI colours */
    int top;        /* devices listed; 0 = none */
};

#define WATTLE_TEXT_STYLE_INIT                                                 \
    {                                                                          \
        .size = sizeof(struct wattle_text_style), .width = 80, .top = 10       \
    }

/* The same for a structure that is there; also for C++. */
static inline void
wattle_text_style_init(struct wattle_text_style *style)
{
    memset(style, 0, sizeof(*style));
    style->size = sizeof(*style);
    style->width = 80;
    style->top = 10;
}

/*
 * Write the result to a writer. WATTLE_OK, WATTLE_ERR_IO when the writer
 * fails, WATTLE_ERR_USAGE (the style) or WATTLE_ERR_MEMORY. JSON and
 * CSV numbers are unrounded.
 */
int wattle_report_write_text(const struct wattle_report_result *result,
                             const struct wattle_text_style *style,
                             const struct wattle_writer *out);
int wattle_report_write_json(const struct wattle_report_result *result,
                             bool with_timings,
                             const struct wattle_writer *out);
int wattle_report_write_csv(const struct wattle_report_result *result,
                            const struct wattle_writer *out);

/*
 * Reads a time such as 2023-10-01 or 2023-10-01T08:00Z, UTC unless it says
 * otherwise (see wattle_zone_parse_time); 0 or _ERR_FORMAT.
 */
int wattle_parse_time(const char *text, int64_t *time_ms);

#ifdef __cplusplus
}
#endif

#endif
