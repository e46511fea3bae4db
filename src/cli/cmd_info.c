/*
 * cmd_info.c - wattle info: what is in a database.
 */
#include <stdio.h>

#include "cli/command.h"
#include "wattle/maintain.h"

enum { OPT_JSON = 1, OPT_TOP };

static const struct cli_option info_options[] = {
    {OPT_JSON, "json", NULL, "everything as one JSON object", "Output"},
    {OPT_TOP, "top", "N", "devices listed in the text (default 10)", NULL},
    {0, NULL, NULL, NULL, NULL},
};

static int
show(const struct command *self, const char *path, bool is_json, int top)
{
    struct wattle_error error = {0};
    struct wattle_info *info;
    if (wattle_database_info(path, &info, &error) != WATTLE_OK) {
        cli_complain_error(self, &error);
        return EXIT_USAGE;
    }
    int status = is_json ? wattle_info_write_json(info, stdout)
                         : wattle_info_write_text(info, top, stdout);
    wattle_info_free(info);
    if (status == WATTLE_OK && fflush(stdout) == 0)
        return EXIT_DONE;
    cli_complain(self, "cannot write to standard output");
    return EXIT_USAGE;
}

static int
run_info(const struct command *self, int argc, char **argv)
{
    struct cli_parser parser;
    const char *path = NULL;
    uint64_t top = 10;
    bool is_json = false;
    cli_parser_init(&parser, self, argc, argv);
    for (int option; (option = cli_next(&parser)) != CLI_END;) {
        if (option == CLI_HELP) {
            cli_print_help(self);
            return EXIT_DONE;
        }
        if (option == CLI_BAD ||
            (option == CLI_OPERAND && !cli_one_path(&parser, &path)) ||
            (option == OPT_TOP && !cli_count(&parser, 0, 1000000, &top)))
            return EXIT_USAGE;
        is_json = is_json || option == OPT_JSON;
    }
    if (!cli_has_path(self, path))
        return EXIT_USAGE;
    return show(self, path, is_json, (int)top);
}

const struct command command_info = {
    .name = "info",
    .arguments = "DATABASE [options]",
    .summary = "What is in a database, and how much room it takes",
    .description =
        "Readings, devices and files, the time they cover, and the bytes they\n"
        "take. Exit status: 0 done, 2 error.",
    .options = info_options,
    .run = run_info,
};
