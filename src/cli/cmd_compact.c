/*
 * cmd_compact.c - wattle compact: a smaller database with the same readings.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "wattle/maintain.h"

enum { OPT_WAIT = 1, OPT_QUIET };

static const struct cli_option compact_options[] = {
    {OPT_WAIT, "wait", "SPAN",
     "how long to wait for an import to end (default 1m)", "What to do"},
    {OPT_QUIET, "quiet", NULL, "say nothing but errors", "Output"},
    {0, NULL, NULL, NULL, NULL},
};

static uint64_t
size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

static int
compact(const struct command *self, const char *path, int64_t wait_ms,
        bool is_quiet)
{
    struct wattle_error error = {0};
    uint64_t before = size_of(path);
    if (wattle_database_compact(path, wait_ms, &error) != WATTLE_OK) {
        cli_complain_error(self, &error);
        return EXIT_USAGE;
    }
    if (is_quiet)
        return EXIT_DONE;
    printf("%s: ", path);
    cli_print_grouped(before);
    printf(" -> ");
    cli_print_grouped(size_of(path));
    puts(" bytes");
    return EXIT_DONE;
}

static int
run_compact(const struct command *self, int argc, char **argv)
{
    struct cli_parser parser;
    const char *path = NULL;
    int64_t wait_ms = 60000;
    bool is_quiet = false;
    cli_parser_init(&parser, self, argc, argv);
    for (int option; (option = cli_next(&parser)) != CLI_END;) {
        if (option == CLI_HELP) {
            cli_print_help(self);
            return EXIT_DONE;
        }
        if (option == CLI_BAD ||
            (option == CLI_OPERAND && !cli_one_path(&parser, &path)) ||
            (option == OPT_WAIT &&
             !cli_span_ms(&parser, INT64_C(366) * 86400000, &wait_ms)))
            return EXIT_USAGE;
        is_quiet = is_quiet || option == OPT_QUIET;
    }
    if (!cli_has_path(self, path))
        return EXIT_USAGE;
    return compact(self, path, wait_ms, is_quiet);
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
