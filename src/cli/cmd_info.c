/*
 * cmd_info.c - wattle info: what is in a database.
 *
 * The library makes both the text and the JSON. It adds up counts and sizes by
 * SQL; no chunk is decoded. The sandbox is entered before the database is
 * opened.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/sandbox.h"
#include "wattle/maintain.h"

enum { OPT_JSON = 1, OPT_TOP };

static const struct cli_option info_options[] = {
    {OPT_JSON, "json", NULL, "everything as one JSON object", "Output"},
    {OPT_TOP, "top", "N", "devices listed in the text (default 10)", NULL},
    {0, NULL, NULL, NULL, NULL},
};

struct request {
    const char *path;
    uint64_t top;
    bool is_json;
};

static bool
read_option(void *context, const struct cli_parser *parser, int option)
{
    struct request *request = context;
    if (option == CLI_OPERAND)
        return cli_one_path(parser, &request->path);
    if (option == OPT_TOP)
        return cli_count(parser, 0, 1000000, &request->top);
    request->is_json = true;
    return true;
}

static int
run_info(const struct command *self, int argc, char **argv)
{
    const struct wattle_writer out = terminal_stdout();
    struct request request = {.top = 10};
    struct wattle_error error = {0};
    struct wattle_info *info;
    int code;
    if (!cli_read(self, argc, argv, read_option, &request, &code))
        return code;
    if (!cli_has_path(self, request.path) ||
        !sandbox_enter(self, &(struct sandbox){.database = request.path}))
        return EXIT_USAGE;
    if (wattle_database_info(request.path, &info, &error) != WATTLE_OK) {
        cli_complain_error(self, &error);
        return EXIT_USAGE;
    }
    int status = request.is_json
                     ? wattle_info_write_json(info, &out)
                     : wattle_info_write_text(info, (int)request.top, &out);
    wattle_info_free(info);
    if (status == WATTLE_OK && fflush(stdout) == 0)
        return EXIT_DONE;
    cli_complain(self, "cannot write to standard output: %s", strerror(errno));
    return EXIT_USAGE;
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
