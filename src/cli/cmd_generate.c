/*
 * cmd_generate.c - wattle generate: readings that look like homes.
 *
 * Options in, one line out. The progress bar is drawn on a terminal only,
 * and only when there is something to wait for.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/trace_file.h"
#include "generate/generator.h"

enum {
    OPT_DEVICES = 1,
    OPT_READINGS,
    OPT_FILES,
    OPT_OUT,
    OPT_FORCE,
    OPT_SEED,
    OPT_INTERVAL,
    OPT_START,
    OPT_MAINS,
    OPT_ORDER,
    OPT_DIRTY,
    OPT_ZSTD,
    OPT_GZIP,
    OPT_THREADS,
    OPT_TRACE,
    OPT_QUIET,
    OPT_NO_PROGRESS
};

static const struct cli_option generate_options[] = {
    {OPT_OUT, "out", "DIR",
     "folder to fill, made when missing; - writes one CSV to stdout", "Output"},
    {OPT_FORCE, "force", NULL, "replace the readings the folder holds", NULL},
    {OPT_FILES, "files", "N", "cut the readings into N files (default 4)",
     NULL},
    {OPT_ZSTD, "zstd", NULL, "pack the files with zstd (.csv.zst)", NULL},
    {OPT_GZIP, "gzip", NULL, "pack the files with gzip (.csv.gz)", NULL},
    {OPT_QUIET, "quiet", NULL, "print errors only", NULL},
    {OPT_NO_PROGRESS, "no-progress", NULL, "draw no progress bar", NULL},

    {OPT_DEVICES, "devices", "N", "number of devices (default 1000)",
     "What to make"},
    {OPT_READINGS, "readings", "N",
     "number of readings, of all devices together (default 100000)", NULL},
    {OPT_SEED, "seed", "N",
     "random seed: another one makes other homes (default 1)", NULL},
    {OPT_INTERVAL, "interval", "SPAN",
     "time between readings of a device, such as 15m (default) or 1s", NULL},
    {OPT_START, "start", "TIME", "first timestamp (default 2023-01-01)", NULL},
    {OPT_MAINS, "mains", "VOLT", "120 or 230 (default)", NULL},
    {OPT_ORDER, "order", "ORDER",
     "time (default): step by step; device: device by device", NULL},
    {OPT_DIRTY, "dirty", "FRACTION",
     "damage this share of the rows (0 to 0.5); truth.json counts how", NULL},

    {OPT_THREADS, "threads", "N", "threads (default: one for each core)",
     "Measuring"},
    {OPT_TRACE, "trace", "FILE",
     "write what ran when to FILE, for Perfetto (ui.perfetto.dev)", NULL},
    {0, NULL, NULL, NULL, NULL},
};

struct request {
    struct generator_options options;
    const char *trace_path;
    bool is_quiet;
    bool has_progress;
};

static void
draw_progress(void *context, uint64_t done, uint64_t total)
{
    progress_update(context, done, total);
}

static bool
read_choice(const struct cli_parser *parser, int option,
            struct generator_options *options)
{
    static const char *const mains[] = {"120", "230", NULL};
    static const char *const orders[] = {"time", "device", NULL};
    int choice = cli_choice(parser, option == OPT_MAINS ? mains : orders);
    if (choice < 0)
        return false;
    if (option == OPT_MAINS)
        options->mains_v = choice == 0 ? 120 : 230;
    else
        options->order =
            choice == 0 ? GENERATOR_ORDER_TIME : GENERATOR_ORDER_DEVICE;
    return true;
}

static bool
read_packing(const struct cli_parser *parser, int packing,
             struct generator_options *options)
{
    if (options->packing != GENERATOR_PACK_NONE &&
        options->packing != packing) {
        cli_complain(parser->command, "choose one of --zstd and --gzip");
        return false;
    }
    options->packing = packing;
    return true;
}

static bool
read_threads(const struct cli_parser *parser, struct generator_options *options)
{
    uint64_t n_threads = 0;
    if (!cli_count(parser, 0, 256, &n_threads))
        return false;
    options->n_threads = (int)n_threads;
    return true;
}

static bool
read_flag(int option, struct request *request)
{
    if (option == OPT_FORCE)
        request->options.force = true;
    else if (option == OPT_QUIET)
        request->is_quiet = true;
    else
        request->has_progress = false;
    return true;
}

static bool
read_option(void *context, const struct cli_parser *parser, int option)
{
    struct request *request = context;
    struct generator_options *options = &request->options;
    switch (option) {
    case CLI_OPERAND:
        cli_complain(parser->command,
                     "unexpected argument '%s'; the folder to fill goes after "
                     "--out",
                     parser->value);
        return false;
    case OPT_OUT:
        options->out = parser->value;
        return true;
    case OPT_DEVICES:
        return cli_count(parser, 1, 10000000, &options->n_devices);
    case OPT_READINGS:
        return cli_count(parser, 1, 1000000000000000, &options->n_readings);
    case OPT_FILES:
        return cli_count(parser, 1, 9999, &options->n_files);
    case OPT_SEED:
        return cli_count(parser, 0, UINT64_MAX, &options->seed);
    case OPT_INTERVAL:
        return cli_span_ms(parser, 1, INT64_C(366) * 86400000,
                           &options->interval_ms);
    case OPT_START:
        return cli_time_ms(parser, &options->start_ms);
    case OPT_MAINS:
    case OPT_ORDER:
        return read_choice(parser, option, options);
    case OPT_DIRTY:
        return cli_number(parser, 0, 0.5, &options->dirty);
    case OPT_ZSTD:
        return read_packing(parser, GENERATOR_PACK_ZSTD, options);
    case OPT_GZIP:
        return read_packing(parser, GENERATOR_PACK_GZIP, options);
    case OPT_TRACE:
        request->trace_path = parser->value;
        return true;
    case OPT_THREADS:
        return read_threads(parser, options);
    default:
        return read_flag(option, request);
    }
}

static bool
check_request(const struct command *self, const struct request *request)
{
    if (request->options.out == NULL)
        cli_complain(self, "say where to write: --out DIR, or --out - for "
                           "standard output");
    return request->options.out != NULL;
}

/* Size of the files with readings; what cannot be asked counts nothing. */
static uint64_t
count_bytes(const struct generator_options *options)
{
    static const char *const suffixes[] = {"", ".gz", ".zst"};
    uint64_t n_bytes = 0;
    for (uint64_t i = 1; i <= options->n_files; i++) {
        char path[4096];
        struct stat status;
        int n = snprintf(path, sizeof(path), "%s/readings_%04" PRIu64 ".csv%s",
                         options->out, i, suffixes[options->packing]);
        if (n > 0 && (size_t)n < sizeof(path) && stat(path, &status) == 0)
            n_bytes += (uint64_t)status.st_size;
    }
    return n_bytes;
}

/* "1 file", "4 files". */
static void
print_count(const char *before, uint64_t n, const char *noun)
{
    printf("%s ", before);
    cli_print_grouped(n);
    printf(" %s%s", noun, n == 1 ? "" : "s");
}

static void
print_done(const struct generator_options *options)
{
    uint64_t n_devices = options->n_devices;
    if (n_devices > options->n_readings)
        n_devices = options->n_readings;
    double bytes = (double)count_bytes(options);
    bool is_large = bytes >= 1e6;

    print_count("Wrote", options->n_readings, "reading");
    print_count(" of", n_devices, "device");
    print_count(" in", options->n_files, "file");
    printf(" to ");
    cli_print_visible(options->out);
    printf(" (%.1f %s)\n", bytes / (is_large ? 1e6 : 1e3),
           is_large ? "MB" : "kB");
    if (options->dirty > 0)
        printf("Some rows are damaged; %s/truth.json says how many and how\n",
               options->out);
}

static int
make(const struct command *self, struct request *request)
{
    struct progress bar;
    struct wattle_error error;
    bool to_stdout = strcmp(request->options.out, "-") == 0;
    progress_begin(&bar, request->has_progress && !request->is_quiet);
    request->options.progress = draw_progress;
    request->options.progress_context = &bar;
    int status = generator_run(&request->options, &error);
    progress_end(&bar);
    if (status != WATTLE_OK) {
        bool is_full = status == WATTLE_ERR_USAGE && error.path[0] != '\0';
        cli_complain(self, "%s%s", error.message,
                     is_full ? "; --force replaces what is there" : "");
        return EXIT_USAGE;
    }
    if (!request->is_quiet && !to_stdout)
        print_done(&request->options);
    return EXIT_DONE;
}

static int
run_generate(const struct command *self, int argc, char **argv)
{
    struct request request = {.has_progress = true};
    struct trace_file trace;
    generator_options_init(&request.options);
    int code;
    if (!cli_read(self, argc, argv, read_option, &request, &code))
        return code;
    if (!check_request(self, &request) ||
        !trace_file_open(&trace, self, request.trace_path, NULL, 0))
        return EXIT_USAGE;
    request.options.trace = trace.trace;
    return trace_file_close(&trace, make(self, &request));
}

const struct command command_generate = {
    .name = "generate",
    .arguments = "--out DIR [options]",
    .summary = "Make readings that look like homes",
    .description =
        "Fills a folder with readings_0001.csv, readings_0002.csv ... and\n"
        "devices.csv: fridges that cycle, people who cook and wash, heat\n"
        "pumps that follow the weather. The same options give the same bytes\n"
        "on every machine and with any number of threads.\n"
        "\n"
        "Files get their names when all of them are whole. A run that is\n"
        "interrupted leaves *.part files, which the next run into the same\n"
        "folder removes.",
    .options = generate_options,
    .run = run_generate,
};
