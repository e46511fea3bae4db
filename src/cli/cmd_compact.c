/*
 * cmd_compact.c - wattle compact: a smaller database with the same readings.
 *
 * Like an import, it first brings a database of an older format up to date. It
 * prints the size of the file before and after, unless --quiet is given. A
 * signal cancels it (interrupt.h).
 */
#include <stdio.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/zone_choice.h"
#include "wattle/maintain.h"

enum { OPT_WAIT = 1, OPT_QUIET };

static const struct cli_option compact_options[] = {
    {OPT_WAIT, "wait", "SPAN",
     "how long to wait for an import to end (default 1m)", "What to do"},
    {OPT_TZ, "tz", "ZONE",
     "from now on, add up days and hours of this time zone, such as "
     "Europe/Brussels",
     NULL},
    {OPT_QUIET, "quiet", NULL, "print errors only", "Output"},
    {0, NULL, NULL, NULL, NULL},
};

struct request {
    const char *path;
    int64_t wait_ms;
    struct zone_choice zone;
    bool is_quiet;
};

static bool
read_option(void *context, const struct cli_parser *parser, int option)
{
    struct request *request = context;
    if (option == CLI_OPERAND)
        return cli_one_path(parser, &request->path);
    if (option == OPT_WAIT)
        return cli_span_ms(parser, 0, INT64_C(366) * 86400000,
                           &request->wait_ms);
    if (option == OPT_TZ) {
        request->zone.name = parser->value;
        return true;
    }
    request->is_quiet = true;
    return true;
}

static uint64_t
size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

static int
compact(const struct command *self, const struct request *request)
{
    struct wattle_error error = {0};
    struct wattle_database_options options = WATTLE_DATABASE_OPTIONS_INIT;
    uint64_t before = size_of(request->path);
    options.wait_ms = request->wait_ms;
    options.cancel = interrupt_cancel();
    options.zone = request->zone.zone;
    if (wattle_database_compact(request->path, &options, &error) != WATTLE_OK) {
        cli_complain_error(self, &error);
        interrupt_end();
        return EXIT_USAGE;
    }
    if (request->is_quiet)
        return EXIT_DONE;
    cli_print_visible(request->path);
    printf(": ");
    cli_print_grouped(before);
    printf(" -> ");
    cli_print_grouped(size_of(request->path));
    puts(" bytes");
    return EXIT_DONE;
}

static int
run_compact(const struct command *self, int argc, char **argv)
{
    struct request request = {.wait_ms = 60000};
    int code;
    if (!cli_read(self, argc, argv, read_option, &request, &code))
        return code;
    code = EXIT_USAGE;
    /* WATTLE_TZ is for answers: what is kept changes only on request */
    if (cli_has_path(self, request.path) &&
        (request.zone.name == NULL || zone_choice_open(&request.zone, self)))
        code = compact(self, &request);
    zone_choice_close(&request.zone);
    return code;
}

const struct command command_compact = {
    .name = "compact",
    .arguments = "DATABASE [options]",
    .summary = "Merge late readings and give free space back",
    .description =
        "Late readings and small chunks become full chunks, and the file is\n"
        "written anew without gaps. The readings stay as they are. Needs as\n"
        "much free space as the file takes, twice: beside it, and where\n"
        "temporary files go. Exit status: 0 done, 2 error.",
    .options = compact_options,
    .run = run_compact,
};
