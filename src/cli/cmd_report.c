/*
 * cmd_report.c - wattle report: readings in, a report out.
 *
 * The input is files, folders and standard input, or one database; the library
 * tells by content which. The report goes to standard output, messages and
 * timings to standard error. Exit status 1 says that the budget was exceeded
 * or, with --strict, that lines were rejected or files skipped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/reject_words.h"
#include "cli/sandbox.h"
#include "cli/terminal.h"
#include "cli/time_range.h"
#include "cli/trace_file.h"
#include "cli/zone_choice.h"
#include "wattle/experimental/tuning.h"
#include "wattle/report.h"

enum {
    OPT_JSON = 1,
    OPT_CSV,
    OPT_TOP,
    OPT_SORT,
    OPT_LIMIT,
    OPT_WIDE,
    OPT_REJECTS,
    OPT_QUIET,
    OPT_NO_PROGRESS,
    OPT_TIMINGS,
    OPT_TRACE,
    OPT_DEVICE,
    OPT_LOCATION,
    OPT_RATE,
    OPT_RETURN_RATE,
    OPT_BUDGET,
    OPT_MAX_GAP,
    OPT_INTERPOLATION,
    OPT_DEVICES,
    OPT_VALUE,
    OPT_ZSTD_LONG,
    OPT_STRICT,
    OPT_THREADS,
    OPT_SIMD,
    OPT_READER,
    OPT_NO_CACHE,
    OPT_NO_SUMMARIES,
    OPT_BLOCK
};

static const struct cli_option report_options[] = {
    TIME_RANGE_OPTIONS("Which readings"),
    ZONE_OPTION("the database's, else this machine's"),
    {OPT_DEVICE, "device", "GLOB",
     "only these devices, such as 'DEV00*'; may be repeated", NULL},
    {OPT_LOCATION, "location", "GLOB", "only devices at this location", NULL},
    {OPT_VALUE, "value", "KIND",
     "what a column named value holds: power-w, power-kw, energy-wh, "
     "energy-kwh, counter-wh, counter-kwh (default: power in the file's unit, "
     "else in W)",
     NULL},
    {OPT_DEVICES, "devices", "FILE",
     "device table (default: devices.csv beside the readings)", NULL},
    {OPT_ZSTD_LONG, "zstd-long", "N",
     "take zstd windows of up to 2^N bytes, N at most 31 (default 27)", NULL},
    {OPT_RATE, "rate", "PRICE", "price of a kWh (default 0.15)", "Calculation"},
    {OPT_RETURN_RATE, "return-rate", "PRICE",
     "what a kWh fed back earns (default 0)", NULL},
    {OPT_BUDGET, "budget", "AMOUNT",
     "limit for a month; exit status 1 when the cost exceeds it", NULL},
    {OPT_MAX_GAP, "max-gap", "SPAN",
     "a longer step between readings is a gap (default 1h)", NULL},
    {OPT_INTERPOLATION, "interpolation", "KIND",
     "power between two readings: linear (default), or hold for devices that "
     "log a power only when it changes: it lasts until the next, 24h at most",
     NULL},
    {OPT_JSON, "json", NULL, "everything as one JSON object", "Output"},
    {OPT_CSV, "csv", NULL, "the table of devices as CSV", NULL},
    {OPT_SORT, "sort", "FIGURE",
     "order of the devices, most first: energy, cost, power (mean), peak, "
     "readings, gaps (default: energy in the text, else the id)",
     NULL},
    {OPT_LIMIT, "limit", "N", "list at most this many devices", NULL},
    {OPT_TOP, "top", "N", "devices listed in the text (default 10)", NULL},
    {OPT_WIDE, "wide", NULL, "200 columns, whatever the terminal has", NULL},
    {OPT_REJECTS, "rejects", "FILE", "write every rejected line to FILE", NULL},
    {OPT_STRICT, "strict", NULL,
     "exit status 1 when a line was rejected or a file skipped", NULL},
    {OPT_QUIET, "quiet", NULL, "no text report and no warnings", NULL},
    {OPT_NO_PROGRESS, "no-progress", NULL, "draw no progress bar", NULL},
    {OPT_TIMINGS, "timings", NULL, "show where the time went", "Measuring"},
    {OPT_TRACE, "trace", "FILE",
     "write what ran when to FILE, for Perfetto (ui.perfetto.dev)", NULL},
    {OPT_THREADS, "threads", "N", "threads (default: one for each core)", NULL},
    {OPT_SIMD, "simd", "LEVEL", "auto (default), scalar, avx2, avx512, neon",
     NULL},
    {OPT_READER, "reader", "KIND", "mmap (default, auto), pread, uring", NULL},
    {OPT_NO_CACHE, "no-cache", NULL,
     "do not cache row templates, dates or efficiencies", NULL},
    {OPT_NO_SUMMARIES, "no-summaries", NULL,
     "of a database: decode every reading", NULL},
    {OPT_BLOCK, "block", "BYTES", "read this much at once (default 262144)",
     NULL},
    {0, NULL, NULL, NULL, NULL},
};

struct request {
    struct wattle_report_options options;
    struct wattle_tuning tuning;
    const char **paths; /* room for every argument, and two more */
    size_t n_paths;
    const char **globs; /* the same */
    struct time_range range;
    struct zone_choice zone;
    const char *trace_path;
    enum cli_format format;
    int top;
    bool has_top, has_limit;
    bool is_wide;
    bool is_strict;
    bool is_quiet;
    bool has_progress;
};

static bool
read_block(const struct cli_parser *parser, struct wattle_tuning *tuning)
{
    uint64_t n;
    if (!cli_count(parser, 1, UINT64_C(1) << 30, &n))
        return false;
    tuning->block_bytes = (size_t)n;
    return true;
}

static bool
read_limit(const struct cli_parser *parser, size_t *limit)
{
    int n;
    bool is_good = cli_small_count(parser, 1, 100000000, &n);
    *limit = is_good ? (size_t)n : 0;
    return is_good;
}

static bool
read_flag(const struct cli_parser *parser, int option, struct request *request)
{
    switch (option) {
    case OPT_JSON:
        return cli_take_format(parser, CLI_JSON, &request->format);
    case OPT_CSV:
        return cli_take_format(parser, CLI_CSV, &request->format);
    case OPT_STRICT:
        request->is_strict = true;
        break;
    case OPT_WIDE:
        request->is_wide = true;
        break;
    case OPT_QUIET:
        request->is_quiet = true;
        break;
    case OPT_NO_PROGRESS:
        request->has_progress = false;
        break;
    case OPT_TIMINGS:
        request->tuning.timings = true;
        break;
    case OPT_NO_SUMMARIES:
        request->tuning.no_summaries = true;
        break;
    default:
        request->tuning.no_cache = true;
        break;
    }
    return true;
}

static bool
read_option(void *context, const struct cli_parser *parser, int option)
{
    struct request *request = context;
    struct wattle_report_options *o = &request->options;
    if (time_range_owns(option))
        return time_range_take(&request->range, parser, option);
    switch (option) {
    case OPT_TZ:
        request->zone.name = parser->value;
        return true;
    case CLI_OPERAND:
        request->paths[request->n_paths++] = parser->value;
        return true;
    case OPT_TOP:
        request->has_top = true;
        return cli_small_count(parser, 0, 1000000, &request->top);
    case OPT_SORT:
        return cli_sort(parser, true, &o->sort);
    case OPT_LIMIT:
        request->has_limit = true;
        return read_limit(parser, &o->limit);
    case OPT_THREADS:
        return cli_small_count(parser, 1, 1024, &o->n_threads);
    case OPT_REJECTS:
        o->rejects_path = parser->value;
        return true;
    case OPT_TRACE:
        request->trace_path = parser->value;
        return true;
    case OPT_DEVICES:
        o->devices_path = parser->value;
        return true;
    case OPT_DEVICE:
        request->globs[o->n_device_globs++] = parser->value;
        return true;
    case OPT_LOCATION:
        o->location_glob = parser->value;
        return true;
    case OPT_RATE:
        return cli_number(parser, -1e6, 1e6, &o->rate_per_kwh);
    case OPT_RETURN_RATE:
        return cli_number(parser, -1e6, 1e6, &o->return_rate_per_kwh);
    case OPT_BUDGET:
        return cli_number(parser, -1e15, 1e15, &o->budget);
    case OPT_MAX_GAP:
        return cli_span_ms(parser, 1, INT64_C(366) * 86400000, &o->max_gap_ms);
    case OPT_INTERPOLATION:
        return cli_interpolation(parser, &o->interpolation);
    case OPT_ZSTD_LONG:
        return cli_small_count(parser, 10, 31, &o->zstd_window_log);
    case OPT_VALUE:
        return cli_value_kind(parser, &o->value_kind);
    case OPT_SIMD:
        return cli_simd(parser, &request->tuning.simd);
    case OPT_READER:
        return cli_reader(parser, &request->tuning.reader);
    case OPT_BLOCK:
        return read_block(parser, &request->tuning);
    default:
        return read_flag(parser, option, request);
    }
}

static bool
check_request(const struct command *self, struct request *request)
{
    if (request->n_paths == 0) {
        cli_complain(self, "say what to read: files, folders, or - for "
                           "standard input");
        return false;
    }
    return true;
}

static int
print_text(const struct wattle_report_result *result,
           const struct request *request)
{
    const struct wattle_writer out = terminal_stdout();
    struct wattle_text_style style;
    terminal_style(&style, request->is_wide);
    style.top = request->top;
    if (request->has_limit && !request->has_top)
        style.top = (int)request->options.limit;
    return wattle_report_write_text(result, &style, &out);
}

static void
print_stage(const char *name, double s, double all_s)
{
    fprintf(stderr, "  %-9s %9.3f ms %5.1f %%\n", name, s * 1e3,
            all_s > 0 ? s / all_s * 100 : 0);
}

/* To stderr: the report itself stays the same with and without. */
static void
print_timings(const struct wattle_report_result *result, double print_s)
{
    const struct wattle_timings *t = result->timings;
    uint64_t n_rows = t->n_fast_rows + t->n_slow_rows;
    double all_s = t->open_s + t->read_s + t->split_s + t->decode_s +
                   t->lookup_s + t->totals_s + t->merge_s + print_s;
    fprintf(stderr, "Time by stage, summed over %d thread%s:\n", t->n_threads,
            t->n_threads == 1 ? "" : "s");
    print_stage("open", t->open_s, all_s);
    print_stage("read", t->read_s, all_s);
    print_stage("split", t->split_s, all_s);
    print_stage("decode", t->decode_s, all_s);
    print_stage("look up", t->lookup_s, all_s);
    print_stage("totals", t->totals_s, all_s);
    print_stage("merge", t->merge_s, all_s);
    print_stage("print", print_s, all_s);
    fprintf(stderr,
            "Wall time %.3f ms: %.1f MB/s, %.2f million readings/s\n"
            "Rows by remembered template: %.2f %%; scans: %llu; "
            "simd %s, reader %s\nPeak memory: %.1f MiB\n",
            t->wall_s * 1e3, (double)t->n_bytes / t->wall_s / 1e6,
            (double)result->figures->n_readings / t->wall_s / 1e6,
            n_rows > 0 ? (double)t->n_fast_rows / (double)n_rows * 100 : 0,
            (unsigned long long)t->n_scans, t->simd, t->reader,
            (double)t->peak_memory_bytes / (1024 * 1024));
}

static double
now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int
print_result(const struct command *self,
             const struct wattle_report_result *result,
             const struct request *request)
{
    const struct wattle_writer out = terminal_stdout();
    double began_s = now_s();
    int status = WATTLE_OK;
    if (!request->is_quiet || request->format != CLI_TEXT) {
        if (request->format == CLI_JSON)
            status =
                wattle_report_write_json(result, request->tuning.timings, &out);
        else if (request->format == CLI_CSV)
            status = wattle_report_write_csv(result, &out);
        else
            status = print_text(result, request);
    }
    if (fflush(stdout) != 0 || status != WATTLE_OK) {
        cli_complain(self, "cannot write the report: %s",
                     status == WATTLE_ERR_MEMORY ? wattle_status_text(status)
                                                 : strerror(errno));
        return EXIT_USAGE;
    }
    if (request->tuning.timings && !request->is_quiet)
        print_timings(result, now_s() - began_s);
    return EXIT_DONE;
}

/* The first finding of a kind, and how many there are. */
static const struct wattle_finding *
first_of_kind(const struct wattle_report_result *result, int kind, size_t *n)
{
    const struct wattle_finding *first = NULL;
    *n = 0;
    for (size_t i = 0; i < result->n_findings; i++) {
        if (result->findings[i]->kind == kind)
            first = (*n)++ == 0 ? result->findings[i] : first;
    }
    return first;
}

/* Energy is never quietly near zero. */
static void
warn_of_gaps(const struct command *self,
             const struct wattle_report_result *result)
{
    size_t n;
    const struct wattle_finding *first =
        first_of_kind(result, WATTLE_FINDING_MOSTLY_GAPS, &n);
    if (n > 0)
        cli_complain_gaps(self, first->device_id, n,
                          result->interpolation == WATTLE_HOLD);
}

/* Energies that look like a counter's are far too much when added up. */
static void
warn_of_rising(const struct command *self,
               const struct wattle_report_result *result)
{
    size_t n;
    const struct wattle_finding *first =
        first_of_kind(result, WATTLE_FINDING_RISING, &n);
    if (n == 0)
        return;
    cli_complain(self,
                 "the energies of %s%s only rise, as those of a counter: if it "
                 "is one, name its column energy_total_wh, or say --value "
                 "counter-wh or counter-kwh for a column value",
                 first->device_id, n > 1 ? " and other devices" : "");
}

/* The files that could not be used: a line each. */
static void
warn(const struct command *self, const struct wattle_report_result *result)
{
    for (size_t i = 0; i < result->n_skipped_files; i++)
        cli_complain(self, "%s: %s", result->skipped_files[i]->path,
                     result->skipped_files[i]->reason);
    cli_warn_assumed(self, result->n_assumed_files, result->first_assumed_file);
    warn_of_gaps(self, result);
    warn_of_rising(self, result);
}

/* An empty answer deserves a word. False when what was asked for is not there.
 */
static bool
explain_nothing(const struct command *self, const struct request *request,
                const struct wattle_report_result *result)
{
    const struct wattle_report_options *o = &request->options;
    const bool has_range =
        o->since_ms != WATTLE_NO_TIME || o->until_ms != WATTLE_NO_TIME;
    if (result->figures->n_readings > 0 || result->n_filtered == 0)
        return true;
    if (has_range || o->n_device_globs + (o->location_glob != NULL) != 1) {
        if (!request->is_quiet)
            cli_complain(self, "no readings match the time, devices and "
                               "location given");
        return true;
    }
    if (o->location_glob != NULL)
        cli_complain(self, "no device is at the location '%s'",
                     o->location_glob);
    else
        cli_complain(self, "no device matches '%s'", o->device_globs[0]);
    return false;
}

/* A database keeps a limited number of rejected lines of a file. */
static void
warn_of_rejects(const struct command *self, const struct request *request,
                const struct wattle_report_result *result)
{
    if (request->options.rejects_path != NULL &&
        result->n_rejects_written < result->n_rejects)
        cli_complain(self, "%s: only %llu of %llu rejected lines are kept",
                     request->options.rejects_path,
                     (unsigned long long)result->n_rejects_written,
                     (unsigned long long)result->n_rejects);
}

static int
outcome(const struct command *self, const struct wattle_report_result *result,
        const struct request *request)
{
    const struct reject_words words = {
        .command = self,
        .n_lines = result->n_lines,
        .n_readings = result->figures->n_readings + result->n_filtered,
        .n_rejects = result->n_rejects,
        .by_reason = result->rejects_by_reason,
        .n_reasons = result->n_reasons,
        .first = result->first_rejects,
        .n_first = result->n_first_rejects,
        .skipped = result->skipped_files,
        .n_skipped = result->n_skipped_files,
        .is_strict = request->is_strict,
        .is_quiet = request->is_quiet,
    };
    int code = reject_words_say(&words);
    return code == EXIT_DONE && result->is_over_budget ? EXIT_FOUND : code;
}

static int
add_paths(struct wattle_report *report, const struct request *request,
          struct wattle_error *error)
{
    int status = WATTLE_OK;
    wattle_trace_begin(request->tuning.trace, "find files");
    for (size_t i = 0; i < request->n_paths && status == WATTLE_OK; i++)
        status = wattle_report_add_path(report, request->paths[i], error);
    wattle_trace_end(request->tuning.trace);
    return status;
}

static void
read_progress(const void *report, uint64_t *done, uint64_t *total)
{
    wattle_report_progress(report, done, total);
}

/* Whether a file begins like a database of SQLite's; nothing is open yet. */
static bool
is_sqlite(const char *path)
{
    static const char magic[] = "SQLite format 3";
    char start[sizeof(magic)] = "";
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    FILE *file = fopen(path, "rb");
    size_t n = file != NULL ? fread(start, 1, sizeof(start), file) : 0;
    if (file != NULL)
        fclose(file);
    return n == sizeof(start) && memcmp(start, magic, sizeof(magic)) == 0;
}

/* The only input, if it is a database. */
static const char *
database_of(const struct request *request)
{
    return request->n_paths == 1 && is_sqlite(request->paths[0])
               ? request->paths[0]
               : NULL;
}

/* The range by the clocks of the report, which a database may say. */
static bool
set_range(const struct command *self, struct wattle_report *report,
          struct request *request)
{
    struct wattle_report_options *o = &request->options;
    struct wattle_error error = {0};
    if (!time_range_is_given(&request->range))
        return true;
    if (!zone_choice_complete(&request->zone, self, database_of(request)) ||
        !time_range_resolve(&request->range, self, request->zone.zone,
                            &o->since_ms, &o->until_ms))
        return false;
    if (wattle_report_set_range(report, o->since_ms, o->until_ms, &error) ==
        WATTLE_OK)
        return true;
    cli_complain_error(self, &error);
    return false;
}

static int
compute(const struct command *self, struct wattle_report *report,
        struct request *request)
{
    struct wattle_error error = {0};
    struct progress_watch watch;
    if (add_paths(report, request, &error) != WATTLE_OK) {
        cli_complain_error(self, &error);
        return EXIT_USAGE;
    }
    const struct sandbox sandbox = {
        .inputs = request->paths,
        .n_inputs = request->n_paths,
        .database = database_of(request),
        .outputs = {request->options.rejects_path, NULL},
    };
    if (!sandbox_enter(self, &sandbox) || !set_range(self, report, request))
        return EXIT_USAGE;
    progress_watch_begin(&watch, read_progress, report,
                         request->has_progress && !request->is_quiet);
    int status = wattle_report_run(report, &error);
    progress_watch_end(&watch);
    const struct wattle_report_result *result = wattle_report_result(report);
    if (!request->is_quiet && result != NULL) {
        warn(self, result);
        warn_of_rejects(self, request, result);
    }
    const bool is_there = result == NULL || status != WATTLE_OK ||
                          explain_nothing(self, request, result);
    if (status != WATTLE_OK) {
        cli_complain_error(self, &error);
        return EXIT_USAGE;
    }
    wattle_trace_begin(request->tuning.trace, "print");
    int printed = print_result(self, result, request);
    wattle_trace_end(request->tuning.trace);
    if (printed == EXIT_DONE && is_there)
        printed = outcome(self, result, request);
    return is_there ? printed : EXIT_USAGE;
}

static int
open_and_compute(const struct command *self, struct request *request)
{
    struct wattle_error error = {0};
    struct wattle_report *report = NULL;
    int code = EXIT_USAGE;
    progress_clear_on_interrupt();
    if (database_of(request) == NULL
            ? !zone_choice_complete(&request->zone, self, NULL)
            : !zone_choice_open(&request->zone, self))
        return code;
    request->options.zone = request->zone.zone;
    request->options.is_zone_assumed = request->zone.is_assumed;
    if (wattle_report_open(&report, &request->options, &error) != WATTLE_OK)
        cli_complain_error(self, &error);
    else
        code = compute(self, report, request);
    wattle_report_close(report);
    return code;
}

/* The trace goes to none of the other files; there is room for two more. */
static bool
open_trace(struct trace_file *trace, const struct command *self,
           const struct request *request)
{
    size_t n = request->n_paths;
    request->paths[n++] = request->options.rejects_path;
    request->paths[n++] = request->options.devices_path;
    return trace_file_open(trace, self, request->trace_path, request->paths, n);
}

static int
run_report(const struct command *self, int argc, char **argv)
{
    struct request request = {.top = 10, .has_progress = true};
    struct trace_file trace;
    int code = EXIT_USAGE;
    wattle_report_options_init(&request.options);
    wattle_tuning_init(&request.tuning);
    request.options.tuning = &request.tuning;
    request.paths = calloc((size_t)argc + 3, sizeof(char *));
    request.globs = calloc((size_t)argc + 1, sizeof(char *));
    if (request.paths == NULL || request.globs == NULL)
        goto out;
    request.options.device_globs = request.globs;
    if (!cli_read(self, argc, argv, read_option, &request, &code) ||
        !check_request(self, &request) || !open_trace(&trace, self, &request))
        goto out;
    request.tuning.trace = trace.trace;
    if (request.tuning.reader == WATTLE_READER_AUTO)
        request.tuning.reader = WATTLE_READER_MMAP;
    code = trace_file_close(&trace, open_and_compute(self, &request));
out:
    zone_choice_close(&request.zone);
    free(request.paths);
    free(request.globs);
    return code;
}

const struct command command_report = {
    .name = "report",
    .arguments = "PATH... [options]",
    .summary = "What each device uses, when, and what it costs",
    .description =
        "Reads CSV files (also .gz and .zst), folders of them, or - for\n"
        "standard input, in any order of time; or one database made by\n"
        "'wattle import'. Columns are found by name: timestamp, device_id,\n"
        "and voltage + current + power_factor, or power, or energy_wh, or\n"
        "value. Results go to stdout, messages to stderr. Exit status: 0\n"
        "done, 1 budget exceeded (or rejects with --strict), 2 error.",
    .options = report_options,
    .run = run_report,
};
