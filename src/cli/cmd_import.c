/*
 * cmd_import.c - wattle import: readings into a database.
 *
 * Options become one call of the library. Its result is printed: how many
 * readings are new, replaced or unchanged, and how many lines were rejected.
 * An import is one transaction: after an interrupt all of it is stored, or
 * nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/reject_words.h"
#include "cli/trace_file.h"
#include "cli/zone_choice.h"
#include "wattle/experimental/tuning.h"
#include "wattle/import.h"
#include "wattle/report.h"

enum {
    OPT_DB = 1,
    OPT_DRY_RUN,
    OPT_FINAL,
    OPT_AGAIN,
    OPT_WAIT,
    OPT_VALUE,
    OPT_ZSTD_LONG,
    OPT_DEVICES,
    OPT_REJECTS,
    OPT_STRICT,
    OPT_QUIET,
    OPT_NO_PROGRESS,
    OPT_TIMINGS,
    OPT_TRACE,
    OPT_THREADS,
    OPT_SIMD,
    OPT_READER
};

static const struct cli_option import_options[] = {
    {OPT_DB, "db", "FILE", "the database; made when absent", "Where to"},
    {OPT_DRY_RUN, "dry-run", NULL, "do everything but write", NULL},
    {OPT_WAIT, "wait", "SPAN",
     "how long to wait for another import to end (default 1m)", NULL},
    {OPT_VALUE, "value", "KIND",
     "what a column named value holds: power-w, power-kw, energy-wh, "
     "energy-kwh, counter-wh, counter-kwh (default: power in the file's unit, "
     "else in W)",
     "Which readings"},
    {OPT_TZ, "tz", "ZONE",
     "time zone, such as Europe/Brussels, of times without an offset, and of "
     "days and hours in a new database (default: WATTLE_TZ, else the "
     "database's, else this machine's)",
     NULL},
    {OPT_FINAL, "final", NULL,
     "the files will not grow: take a last line that has no line end", NULL},
    {OPT_AGAIN, "again", NULL, "read files again that were imported before",
     NULL},
    {OPT_ZSTD_LONG, "zstd-long", "N",
     "take zstd windows of up to 2^N bytes, N at most 31 (default 27)", NULL},
    {OPT_DEVICES, "devices", "FILE",
     "device table (default: devices.csv beside the readings)", NULL},
    {OPT_REJECTS, "rejects", "FILE", "write every rejected line to FILE",
     "Output"},
    {OPT_STRICT, "strict", NULL,
     "exit status 1 when a line was rejected or a file skipped", NULL},
    {OPT_QUIET, "quiet", NULL, "print errors only", NULL},
    {OPT_NO_PROGRESS, "no-progress", NULL, "draw no progress bar", NULL},
    {OPT_TIMINGS, "timings", NULL, "tell how long it took", "Measuring"},
    {OPT_TRACE, "trace", "FILE",
     "write what ran when to FILE, for Perfetto (ui.perfetto.dev)", NULL},
    {OPT_THREADS, "threads", "N", "threads (default: one for each core)", NULL},
    {OPT_SIMD, "simd", "LEVEL", "auto (default), scalar, avx2, avx512, neon",
     NULL},
    {OPT_READER, "reader", "KIND", "mmap (default, auto), pread, uring", NULL},
    {0, NULL, NULL, NULL, NULL},
};

struct request {
    const struct command *self;
    struct wattle_import_options options;
    struct wattle_tuning tuning;
    const char **paths; /* room for every argument, and three more */
    size_t n_paths;
    const char *database, *trace_path;
    struct zone_choice zone;
    bool is_strict;
    bool is_quiet;
    bool has_progress;
};

static bool
read_flag(int option, struct request *request)
{
    switch (option) {
    case OPT_DRY_RUN:
        request->options.is_dry_run = true;
        break;
    case OPT_AGAIN:
        request->options.is_again = true;
        break;
    case OPT_FINAL:
        request->options.is_final = true;
        break;
    case OPT_STRICT:
        request->is_strict = true;
        break;
    case OPT_QUIET:
        request->is_quiet = true;
        break;
    case OPT_TIMINGS:
        request->tuning.timings = true;
        break;
    default:
        request->has_progress = false;
        break;
    }
    return true;
}

static bool
read_option(void *context, const struct cli_parser *parser, int option)
{
    struct request *request = context;
    struct wattle_import_options *o = &request->options;
    switch (option) {
    case CLI_OPERAND:
        request->paths[request->n_paths++] = parser->value;
        return true;
    case OPT_DB:
        request->database = parser->value;
        return true;
    case OPT_WAIT:
        return cli_span_ms(parser, 0, INT64_C(366) * 86400000, &o->wait_ms);
    case OPT_DEVICES:
        o->devices_path = parser->value;
        return true;
    case OPT_REJECTS:
        o->rejects_path = parser->value;
        return true;
    case OPT_TRACE:
        request->trace_path = parser->value;
        return true;
    case OPT_THREADS:
        return cli_small_count(parser, 1, 1024, &o->n_threads);
    case OPT_ZSTD_LONG:
        return cli_small_count(parser, 10, 31, &o->zstd_window_log);
    case OPT_TZ:
        request->zone.name = parser->value;
        return true;
    case OPT_VALUE:
        return cli_value_kind(parser, &o->value_kind);
    case OPT_SIMD:
        return cli_simd(parser, &request->tuning.simd);
    case OPT_READER:
        return cli_reader(parser, &request->tuning.reader);
    default:
        return read_flag(option, request);
    }
}

static bool
check_request(const struct request *request)
{
    if (request->database == NULL)
        cli_complain(request->self, "name the database: --db FILE");
    else if (request->n_paths == 0)
        cli_complain(request->self, "say what to read: files, folders, or - "
                                    "for standard input");
    else
        return true;
    return false;
}

static void
say_waiting(void *context)
{
    const struct request *request = context;
    if (!request->is_quiet)
        cli_complain(request->self, "another import is writing to %s; waiting",
                     request->database);
}

static void
warn(const struct request *request, const struct wattle_import_result *r)
{
    for (size_t i = 0; i < r->n_skipped_files; i++)
        cli_complain(request->self, "%s: %s", r->skipped_files[i]->path,
                     r->skipped_files[i]->reason);
    for (size_t i = 0; i < r->n_first_rejects; i++)
        cli_complain(request->self, "%s:%llu: rejected (%s)",
                     r->first_rejects[i]->path,
                     (unsigned long long)r->first_rejects[i]->line,
                     wattle_reason_text(r->first_rejects[i]->reason));
    if (r->n_rejects > r->n_first_rejects)
        cli_complain(request->self,
                     "and %llu more; --rejects FILE writes all of them",
                     (unsigned long long)(r->n_rejects - r->n_first_rejects));
    for (size_t i = 0; i < r->n_reread_files; i++) {
        const struct wattle_reread_file *f = r->reread_files[i];
        if (f->value_kind != f->value_kind_before)
            cli_complain(request->self,
                         "%s: was imported as %s; it is read again as %s",
                         f->path, cli_value_kind_word(f->value_kind_before),
                         cli_value_kind_word(f->value_kind));
        if (f->zone != NULL)
            cli_complain(request->self,
                         "%s: was imported with times in %s; its readings of "
                         "then are removed, and it is read again with times "
                         "in %s (days stay as they are; 'wattle compact --tz' "
                         "changes those)",
                         f->path, f->zone_before, f->zone);
    }
    cli_warn_assumed(request->self, r->n_assumed_files, r->first_assumed_file);
    if (r->is_zone_assumed)
        cli_complain(request->self,
                     "times without an offset were read as %s, %s; if that is "
                     "wrong, import the same files again with --tz ZONE",
                     wattle_zone_name(request->zone.zone),
                     request->zone.zone != NULL
                         ? "the time zone of this machine"
                         : "because this machine's time zone has no name");
    for (size_t i = 0; i < r->n_held_lines; i++)
        cli_complain(request->self,
                     "%s:%llu: held back, because the line has no end yet; the "
                     "next import takes it when it has one, and --final takes "
                     "it as it is",
                     r->held_lines[i]->path,
                     (unsigned long long)r->held_lines[i]->line);
}

static void
print_count(const char *name, uint64_t n, const char *note)
{
    printf("  %-10s ", name);
    cli_print_grouped(n);
    printf("%s\n", note);
}

static void
print_result(const struct request *request,
             const struct wattle_import_result *r)
{
    cli_print_visible(request->database);
    printf(": %zu file%s read", r->n_files, r->n_files == 1 ? "" : "s");
    if (r->n_grown_files > 0)
        printf(" (%zu from where %s ended)", r->n_grown_files,
               r->n_grown_files == 1 ? "it had" : "they had");
    if (r->n_known_files > 0)
        printf(", %zu known already", r->n_known_files);
    printf("%s\n", request->options.is_dry_run ? " (dry run)" : "");
    print_count("new", r->n_new, "");
    print_count("replaced", r->n_replaced, "");
    print_count("unchanged", r->n_unchanged, "");
    print_count("rejected", r->n_rejects, "");
}

static void
print_timings(const struct wattle_import_result *r)
{
    const struct wattle_timings *t = r->timings;
    uint64_t n = r->n_new + r->n_replaced + r->n_unchanged;
    fprintf(stderr,
            "Wall time %.3f ms: %.1f MB/s, %.2f million readings/s\n"
            "%d thread%s; simd %s, reader %s\nPeak memory: %.1f MiB\n",
            t->wall_s * 1e3, (double)t->n_bytes / t->wall_s / 1e6,
            (double)n / t->wall_s / 1e6, t->n_threads,
            t->n_threads == 1 ? "" : "s", t->simd != NULL ? t->simd : "-",
            t->reader, (double)t->peak_memory_bytes / (1024 * 1024));
}

static void
read_progress(const void *import, uint64_t *done, uint64_t *total)
{
    wattle_import_progress(import, done, total);
}

static int
outcome(const struct request *request, const struct wattle_import_result *r)
{
    const struct reject_words words = {
        .command = request->self,
        .n_lines = r->n_lines,
        .n_readings = r->n_new + r->n_replaced + r->n_unchanged,
        .n_rejects = r->n_rejects,
        .by_reason = r->rejects_by_reason,
        .n_reasons = r->n_reasons,
        .first = r->first_rejects,
        .n_first = r->n_first_rejects,
        .skipped = r->skipped_files,
        .n_skipped = r->n_skipped_files,
        .is_strict = request->is_strict,
        .is_quiet = request->is_quiet,
        .is_continued = r->n_grown_files > 0,
    };
    return reject_words_say(&words);
}

static int
run(struct request *request, struct wattle_import *import)
{
    struct wattle_error error = {0};
    struct progress_watch watch;
    int status = WATTLE_OK;
    for (size_t i = 0; i < request->n_paths && status == WATTLE_OK; i++)
        status = wattle_import_add_path(import, request->paths[i], &error);
    if (status != WATTLE_OK) {
        cli_complain_error(request->self, &error);
        return EXIT_USAGE;
    }
    progress_watch_begin(&watch, read_progress, import,
                         request->has_progress && !request->is_quiet);
    status = wattle_import_run(import, &error);
    progress_watch_end(&watch);
    const struct wattle_import_result *result = wattle_import_result(import);
    if (!request->is_quiet && result != NULL)
        warn(request, result);
    if (status != WATTLE_OK) {
        cli_complain_error(request->self, &error);
        return EXIT_USAGE;
    }
    if (!request->is_quiet)
        print_result(request, result);
    if (request->tuning.timings)
        print_timings(result);
    return outcome(request, result);
}

static int
open_and_run(struct request *request)
{
    struct wattle_error error = {0};
    struct wattle_import *import = NULL;
    int code = EXIT_USAGE;
    progress_clear_on_interrupt();
    if (wattle_import_open(&import, request->database, &request->options,
                           &error) != WATTLE_OK)
        cli_complain_error(request->self, &error);
    else
        code = run(request, import);
    wattle_import_close(import);
    return code;
}

/* The trace goes to none of the other files; there is room for three more. */
static bool
open_trace(struct trace_file *trace, const struct request *request)
{
    size_t n = request->n_paths;
    request->paths[n++] = request->database;
    request->paths[n++] = request->options.rejects_path;
    request->paths[n++] = request->options.devices_path;
    return trace_file_open(trace, request->self, request->trace_path,
                           request->paths, n);
}

static int
run_import(const struct command *self, int argc, char **argv)
{
    struct request request = {.self = self, .has_progress = true};
    struct trace_file trace;
    int code = EXIT_USAGE;
    wattle_import_options_init(&request.options);
    wattle_tuning_init(&request.tuning);
    request.options.tuning = &request.tuning;
    request.options.on_waiting = say_waiting;
    request.options.waiting_context = &request;
    request.paths = calloc((size_t)argc + 4, sizeof(char *));
    if (request.paths == NULL)
        return code;
    if (cli_read(self, argc, argv, read_option, &request, &code) &&
        check_request(&request) && zone_choice_to_keep(&request.zone, self) &&
        open_trace(&trace, &request)) {
        request.options.zone = request.zone.zone;
        request.options.is_zone_assumed = request.zone.is_assumed;
        request.options.is_zone_default = request.zone.name == NULL;
        request.tuning.trace = trace.trace;
        if (request.tuning.reader == WATTLE_READER_AUTO)
            request.tuning.reader = WATTLE_READER_MMAP;
        code = trace_file_close(&trace, open_and_run(&request));
    }
    zone_choice_close(&request.zone);
    free(request.paths);
    return code;
}

const struct command command_import = {
    .name = "import",
    .arguments = "PATH... --db FILE [options]",
    .summary = "Keep readings in a database",
    .description =
        "Reads what 'wattle report' reads and keeps it in one SQLite file.\n"
        "A device has one reading for each time: a later value replaces an\n"
        "earlier one. A file that was imported before is left alone; of one\n"
        "that has grown only the new lines are read. All of an import is "
        "there\n"
        "afterwards, or nothing. Exit status: 0 done, 1 rejects with\n"
        "--strict, 2 error.",
    .options = import_options,
    .run = run_import,
};
