/*
 * report_api.c - the public report: collects input, runs the engine, keeps
 * the result.
 *
 * Input comes from files (report_scan) or from a database (report_stored);
 * both fill a struct report_data, from which the result is made.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "analytics/report_result.h"
#include "api/api_check.h"
#include "api/inputs.h"
#include "base/civil_time.h"
#include "base/error.h"
#include "base/sized_struct.h"
#include "run/report_scan.h"
#include "run/report_stored.h"
#include "input/reader.h"
#include "store/database_open.h"
#include "wattle/report.h"

#define ONE_YEAR_MS (INT64_C(366) * CIVIL_MS_PER_DAY)

struct wattle_report {
    struct wattle_report_options options;
    struct scan_options scan; /* of them */
    struct inputs inputs;
    char *database; /* instead of files */
    struct report_data data;
    struct scan_progress progress;
    struct report_result result;
    struct wattle_timings timings;
    struct inputs_lists lists;
    bool is_finished;
};

static int
read_options(const struct wattle_report_options *o, struct scan_options *scan,
             struct wattle_error *error)
{
    *scan = (struct scan_options){
        .selection = {.device_globs = o->device_globs,
                      .n_device_globs = o->n_device_globs,
                      .location_glob = o->location_glob},
        .n_threads = o->n_threads,
        .max_gap_ms = o->max_gap_ms,
        .holds = o->interpolation == WATTLE_HOLD,
        .zone = o->zone,
        .value_kind = o->value_kind,
        .zstd_window_log = o->zstd_window_log,
        .keeps_rejects = o->rejects_path != NULL,
        .cancel = o->cancel,
    };
    selection_set_range(&scan->selection, o->since_ms, o->until_ms);
    if (!isfinite(o->rate_per_kwh) || !isfinite(o->return_rate_per_kwh))
        return error_set(error, WATTLE_ERR_USAGE,
                         "the options rate_per_kwh and return_rate_per_kwh "
                         "must be numbers");
    if (o->max_gap_ms < 1 || o->max_gap_ms > ONE_YEAR_MS)
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option max_gap_ms must be 1 ms to 366 days");
    const struct api_number words[] = {
        {"interpolation", o->interpolation, WATTLE_HOLD},
        {"sort", o->sort, WATTLE_SORT_GAPS},
    };
    int status =
        api_check_numbers(words, sizeof(words) / sizeof(words[0]), error);
    if (status == WATTLE_OK)
        status = api_check_globs(o->device_globs, o->n_device_globs, error);
    if (status == WATTLE_OK)
        status = api_check_tuning(o->tuning, &scan->tuning, error);
    return status == WATTLE_OK ? inputs_check(scan, error) : status;
}

int
wattle_report_open(struct wattle_report **out,
                   const struct wattle_report_options *given,
                   struct wattle_error *error)
{
    struct wattle_report_options options = WATTLE_REPORT_OPTIONS_INIT;
    *out = NULL;
    struct scan_options scan;
    int status = sized_struct_take(&options, sizeof(options), given, error);
    if (status == WATTLE_OK)
        status = read_options(&options, &scan, error);
    if (status != WATTLE_OK)
        return status;
    struct wattle_report *report = calloc(1, sizeof(*report));
    if (report == NULL)
        return error_memory(error);
    report->options = options;
    report->scan = scan;
    /* what is there of a result, whatever becomes of the report */
    report->result.public = (struct wattle_report_result){
        .figures = &report->result.figures,
        .rejects_by_reason = report->data.tally.by_reason,
        .n_reasons = WATTLE_N_REASONS,
        .timings = &report->timings,
    };
    status = inputs_open(&report->inputs, options.devices_path,
                         options.rejects_path, error);
    if (status != WATTLE_OK) {
        wattle_report_close(report);
        return status;
    }
    *out = report;
    return WATTLE_OK;
}

void
wattle_report_close(struct wattle_report *report)
{
    if (report == NULL)
        return;
    report_result_release(&report->result);
    inputs_lists_release(&report->lists);
    report_data_release(&report->data);
    inputs_release(&report->inputs);
    free(report->database);
    free(report);
}

int
wattle_report_add_path(struct wattle_report *report, const char *path,
                       struct wattle_error *error)
{
    if (report->is_finished)
        return error_set(error, WATTLE_ERR_USAGE, "the report is finished");
    if (path == NULL)
        return error_null(error, "path");
    bool is_database;
    int status = database_is_one(path, &is_database, error);
    if (status != WATTLE_OK)
        return status;
    if (report->database != NULL ||
        (is_database && report->inputs.sources.n > 0))
        return error_set_at(error, WATTLE_ERR_USAGE, path, 0,
                            "a database is reported on alone; 'wattle import' "
                            "adds files to it");
    if (!is_database)
        return inputs_add_path(&report->inputs, path, error);
    report->database = strdup(path);
    if (report->database == NULL)
        return error_memory(error);
    return inputs_note(&report->inputs, path, error);
}

int
wattle_report_add_device(struct wattle_report *report, const char *id,
                         size_t len, uint32_t *number,
                         struct wattle_error *error)
{
    return inputs_device(&report->inputs, id, len, number, error);
}

int
wattle_report_add_batch(struct wattle_report *report,
                        const struct wattle_batch *batch,
                        struct wattle_error *error)
{
    if (report->is_finished)
        return error_set(error, WATTLE_ERR_USAGE, "the report is finished");
    return inputs_add_batch(&report->inputs, batch, error);
}

static double
seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

static void
set_timings(struct wattle_report *report, int64_t wall_ns)
{
    const struct report_data *data = &report->data;
    struct wattle_timings *t = &report->timings;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    t->wall_s = seconds(wall_ns);
    t->open_s = seconds(data->spent_ns[STAGE_OPEN]);
    t->read_s = seconds(data->spent_ns[STAGE_READ]);
    t->split_s = seconds(data->spent_ns[STAGE_SPLIT]);
    t->decode_s = seconds(data->spent_ns[STAGE_DECODE]);
    t->lookup_s = seconds(data->spent_ns[STAGE_LOOKUP]);
    t->totals_s = seconds(data->spent_ns[STAGE_TOTALS]);
    t->merge_s = seconds(data->spent_ns[STAGE_MERGE]);
    t->n_bytes = data->tally.n_bytes;
    t->n_fast_rows = data->tally.n_fast;
    t->n_slow_rows = data->tally.n_slow;
    t->n_scans = data->n_scans;
    t->peak_memory_bytes = (uint64_t)usage.ru_maxrss * 1024;
    t->n_threads = data->n_threads;
    t->simd = data->simd;
    t->reader = reader_name(report->scan.tuning.reader);
}

static int
set_lists(struct wattle_report *report)
{
    struct wattle_report_result *a = &report->result.public;
    const struct scan_rejects *rejects = &report->data.rejects;
    struct inputs_lists *lists = &report->lists;
    if (inputs_list(&report->inputs, rejects, lists) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    a->n_files = lists->n_files;
    a->first_rejects = lists->reject_list;
    a->n_first_rejects = rejects->n_first;
    a->skipped_files = lists->skipped_list;
    a->n_skipped_files = lists->n_skipped;
    a->n_assumed_files = lists->n_assumed;
    a->first_assumed_file = lists->first_assumed;
    return WATTLE_OK;
}

static int
set_result(struct wattle_report *report, struct wattle_error *error)
{
    struct wattle_report_result *a = &report->result.public;
    struct report_data *data = &report->data;
    struct report_result_input input = {&data->devices,
                                        &data->totals,
                                        &report->inputs.table,
                                        report->options.rate_per_kwh,
                                        report->options.return_rate_per_kwh,
                                        report->options.budget,
                                        report->options.sort,
                                        report->options.limit,
                                        &report->scan.selection,
                                        data->is_seen,
                                        data->n_rejects};
    a->n_lines = data->tally.n_lines;
    a->n_duplicates = data->tally.n_duplicates;
    a->n_filtered = data->tally.n_filtered;
    a->n_rounded = data->tally.n_rounded;
    a->n_rejects = data->tally.n_rejects;
    a->n_rejects_written = data->rejects.n_visited;
    a->interpolation = report->options.interpolation;
    a->zone = data->zone;
    a->is_zone_assumed =
        report->options.is_zone_assumed && data->tally.has_local_times;
    a->max_gap_hours =
        (double)report->options.max_gap_ms / (double)CIVIL_MS_PER_HOUR;
    if (report_result_compute(&report->result, &input) != WATTLE_OK ||
        set_lists(report) != WATTLE_OK)
        return error_memory(error);
    return WATTLE_OK;
}

/* Reads a database; its own names count unless a device table is given. */
static int
run_stored(struct wattle_report *report, struct wattle_error *error)
{
    const bool has_table = report->options.devices_path != NULL;
    const struct report_stored stored = {
        .options = &report->scan,
        .database = report->database,
        .sources = &report->inputs.sources,
        .table = has_table ? NULL : &report->inputs.table,
        .known = &report->inputs.table,
    };
    return report_stored_run(&stored, &report->data, error);
}

/* Reads files and batches. */
static int
run_scan(struct wattle_report *report, struct wattle_error *error)
{
    const struct report_scan scan = {
        .options = &report->scan,
        .sources = &report->inputs.sources,
        .caller_devices = &report->inputs.caller_devices,
        .table = &report->inputs.table,
        .progress = &report->progress,
    };
    return report_scan_run(&scan, &report->data, error);
}

int
wattle_report_set_range(struct wattle_report *report, int64_t since_ms,
                        int64_t until_ms, struct wattle_error *error)
{
    if (report->is_finished)
        return error_set(error, WATTLE_ERR_USAGE, "the report is finished");
    report->options.since_ms = since_ms;
    report->options.until_ms = until_ms;
    selection_set_range(&report->scan.selection, since_ms, until_ms);
    return WATTLE_OK;
}

int
wattle_report_run(struct wattle_report *report, struct wattle_error *error)
{
    if (report->is_finished)
        return error_set(error, WATTLE_ERR_USAGE, "the report is finished");
    int64_t began_ns = stage_now_ns();
    struct report_data *data = &report->data;
    report->inputs.database = report->database;
    int status = inputs_open_rejects(&report->inputs, error);
    if (status != WATTLE_OK)
        return status;
    data->rejects.visit =
        report->inputs.has_rejects ? inputs_write_reject : NULL;
    data->rejects.context = &report->inputs;
    if (report->database != NULL)
        status = run_stored(report, error);
    else if (report->inputs.has_paths && report->inputs.sources.n == 0)
        status = error_set(error, WATTLE_ERR_NO_INPUT,
                           "none of the files holds readings (devices.csv is a "
                           "device table)");
    else
        status = run_scan(report, error);
    report->is_finished = true;
    if (status == WATTLE_OK)
        status = inputs_close_rejects(&report->inputs, error);
    if (status == WATTLE_OK || status == WATTLE_ERR_NO_INPUT) {
        int computed = set_result(report, error);
        status = computed != WATTLE_OK ? computed : status;
    }
    set_timings(report, stage_now_ns() - began_ns);
    return error_end(error, status);
}

const struct wattle_report_result *
wattle_report_result(const struct wattle_report *report)
{
    return report->is_finished ? &report->result.public : NULL;
}

void
wattle_report_progress(const struct wattle_report *report, uint64_t *done,
                       uint64_t *total)
{
    *done = atomic_load(&report->progress.done);
    *total = atomic_load(&report->progress.total);
}

int
wattle_parse_time(const char *text, int64_t *time_ms)
{
    return text != NULL && civil_parse_or_date(text, strlen(text), time_ms)
               ? WATTLE_OK
               : WATTLE_ERR_FORMAT;
}
