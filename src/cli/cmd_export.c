/*
 * cmd_export.c - wattle export: readings of a database as CSV.
 *
 * Options choose devices and a range of time. The rows go to standard output
 * or to a new file; a file that exists is never replaced. Importing the CSV
 * gives the same readings.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "cli/sandbox.h"
#include "cli/time_range.h"
#include "cli/zone_choice.h"
#include "wattle/maintain.h"

enum { OPT_DEVICE = 1, OPT_OUT };

static const struct cli_option export_options[] = {
    TIME_RANGE_OPTIONS("Which readings"),
    ZONE_OPTION("the database's"),
    {OPT_DEVICE, "device", "GLOB",
     "only these devices, such as 'DEV00*'; may be repeated", NULL},
    {OPT_OUT, "out", "FILE", "write to FILE, which must not exist yet",
     "Output"},
    {0, NULL, NULL, NULL, NULL},
};

struct request {
    const struct command *self;
    struct wattle_export_options options;
    struct time_range range;
    struct zone_choice zone;
    const char **globs; /* room for every argument */
    const char *path, *out;
};

static bool
read_option(void *context, const struct cli_parser *parser, int option)
{
    struct request *request = context;
    if (time_range_owns(option))
        return time_range_take(&request->range, parser, option);
    switch (option) {
    case OPT_TZ:
        request->zone.name = parser->value;
        return true;
    case CLI_OPERAND:
        return cli_one_path(parser, &request->path);
    case OPT_OUT:
        request->out = parser->value;
        return true;
    default:
        request->globs[request->options.n_device_globs++] = parser->value;
        return true;
    }
}

/* The range, by the clocks of the zone that was named or of the database. */
static bool
set_range(struct request *request)
{
    return !time_range_is_given(&request->range) ||
           (zone_choice_complete(&request->zone, request->self,
                                 request->path) &&
            time_range_resolve(&request->range, request->self,
                               request->zone.zone, &request->options.since_ms,
                               &request->options.until_ms));
}

static int
open_and_write(struct request *request)
{
    const struct wattle_writer to = terminal_stdout();
    const struct wattle_export_options *options = &request->options;
    const char *out = request->out;
    struct wattle_error error = {0};
    uint64_t n = 0;
    const struct sandbox sandbox = {.database = request->path,
                                    .outputs = {out, NULL}};
    if (!sandbox_enter(request->self, &sandbox) || !set_range(request))
        return EXIT_USAGE;
    int status =
        out == NULL || strcmp(out, "-") == 0
            ? wattle_database_export(request->path, options, &to, &n, &error)
            : wattle_database_export_file(request->path, options, out, &n,
                                          &error);
    if (status == WATTLE_OK && fflush(stdout) != 0) {
        cli_complain(request->self, "cannot write: %s", strerror(errno));
        return EXIT_USAGE;
    }
    if (status != WATTLE_OK) {
        cli_complain_error(request->self, &error);
        interrupt_end();
        return EXIT_USAGE;
    }
    if (n == 0)
        cli_complain(request->self, "there are no such readings");
    return EXIT_DONE;
}

static int
run_export(const struct command *self, int argc, char **argv)
{
    struct request request = {.self = self};
    int code = EXIT_USAGE;
    wattle_export_options_init(&request.options);
    request.options.cancel = interrupt_cancel();
    request.globs = calloc((size_t)argc + 1, sizeof(char *));
    if (request.globs == NULL)
        return code;
    request.options.device_globs = request.globs;
    if (cli_read(self, argc, argv, read_option, &request, &code) &&
        cli_has_path(self, request.path) &&
        zone_choice_open(&request.zone, self))
        code = open_and_write(&request);
    zone_choice_close(&request.zone);
    free(request.globs);
    return code;
}

const struct command command_export = {
    .name = "export",
    .arguments = "DATABASE [options]",
    .summary = "Readings of a database as CSV",
    .description =
        "Device by device, in order of time, with every decimal: importing\n"
        "the CSV gives the same readings. Exit status: 0 done, 2 error.",
    .options = export_options,
    .run = run_export,
};
