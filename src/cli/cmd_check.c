/*
 * cmd_check.c - wattle check: is the database whole?
 *
 * Problems go to standard output, one a line. With --salvage, what is whole is
 * written to a new database instead, and only the numbers of readings kept and
 * lost are printed. Exit status 1 says that something was damaged.
 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/sandbox.h"
#include "wattle/maintain.h"

enum { OPT_SALVAGE = 1, OPT_QUIET };

static const struct cli_option check_options[] = {
    {OPT_SALVAGE, "salvage", "FILE",
     "write what is whole to a new database FILE", "What to do"},
    {OPT_QUIET, "quiet", NULL, "say nothing when all is well", "Output"},
    {0, NULL, NULL, NULL, NULL},
};

struct request {
    const struct command *self;
    const char *path, *salvage;
    bool is_quiet;
};

static void
say_problem(void *context, const struct wattle_check_problem *problem)
{
    const struct request *request = context;
    char from[32], to[32];
    cli_print_visible(request->path);
    printf(": ");
    if (problem->device_id != NULL) {
        cli_print_visible(problem->device_id);
        printf(", ");
    }
    if (problem->first_ms != WATTLE_NO_TIME) {
        cli_format_time(problem->first_ms, from);
        cli_format_time(problem->last_ms, to);
        printf("%s to %s, ", from, to);
    }
    cli_print_visible(problem->text);
    putchar('\n');
}

static void
say_readings(const struct wattle_check_result *result)
{
    cli_print_grouped(result->n_readings);
    printf(" reading%s of ", result->n_readings == 1 ? "" : "s");
    cli_print_grouped(result->n_devices);
    printf(" device%s", result->n_devices == 1 ? "" : "s");
}

static int
check(const struct request *request)
{
    struct wattle_error error = {0};
    struct wattle_check_result result = WATTLE_CHECK_RESULT_INIT;
    if (wattle_database_check(request->path, NULL, say_problem, (void *)request,
                              &result, &error) != WATTLE_OK) {
        cli_complain_error(request->self, &error);
        return EXIT_USAGE;
    }
    if (result.n_problems > 0) {
        cli_print_visible(request->path);
        printf(": ");
        cli_print_grouped(result.n_problems);
        printf(" problem%s; ", result.n_problems == 1 ? "" : "s");
        say_readings(&result);
        puts(" are whole; --salvage FILE keeps them");
        return EXIT_FOUND;
    }
    bool is_empty = result.n_devices == 0 && result.n_files == 0;
    if (!request->is_quiet && is_empty) {
        cli_print_visible(request->path);
        puts(": empty, nothing was imported into it");
    } else if (!request->is_quiet) {
        cli_print_visible(request->path);
        printf(": OK, ");
        say_readings(&result);
        if (result.n_readings == 0 && result.n_rejects > 0) {
            printf("; rejected lines: ");
            cli_print_grouped(result.n_rejects);
        }
        putchar('\n');
    }
    return EXIT_DONE;
}

static int
salvage(const struct request *request)
{
    struct wattle_error error = {0};
    struct wattle_check_result result = WATTLE_CHECK_RESULT_INIT;
    struct wattle_database_options options = WATTLE_DATABASE_OPTIONS_INIT;
    options.cancel = interrupt_cancel();
    if (wattle_database_salvage(request->path, request->salvage, &options,
                                &result, &error) != WATTLE_OK) {
        cli_complain_error(request->self, &error);
        interrupt_end();
        return EXIT_USAGE;
    }
    cli_print_visible(request->salvage);
    printf(": ");
    say_readings(&result);
    printf("; ");
    cli_print_grouped(result.n_lost);
    printf(" lost\n");
    if (result.n_unnamed_devices > 0) {
        cli_print_visible(request->salvage);
        printf(": the ids of ");
        cli_print_grouped(result.n_unnamed_devices);
        printf(" device%s are damaged: their readings are in damaged-NUMBER; "
               "readings that you import again do not join them\n",
               result.n_unnamed_devices == 1 ? "" : "s");
    }
    return result.n_lost > 0 || result.n_problems > 0 ? EXIT_FOUND : EXIT_DONE;
}

static bool
read_option(void *context, const struct cli_parser *parser, int option)
{
    struct request *request = context;
    if (option == CLI_OPERAND)
        return cli_one_path(parser, &request->path);
    if (option == OPT_SALVAGE)
        request->salvage = parser->value;
    else
        request->is_quiet = true;
    return true;
}

static int
run_check(const struct command *self, int argc, char **argv)
{
    struct request request = {.self = self};
    int code;
    if (!cli_read(self, argc, argv, read_option, &request, &code))
        return code;
    if (!cli_has_path(self, request.path))
        return EXIT_USAGE;
    const struct sandbox sandbox = {.database = request.path,
                                    .outputs = {request.salvage, NULL}};
    if (!sandbox_enter(self, &sandbox))
        return EXIT_USAGE;
    return request.salvage != NULL ? salvage(&request) : check(&request);
}

const struct command command_check = {
    .name = "check",
    .arguments = "DATABASE [options]",
    .summary = "Is a database whole? Finds any damage",
    .description =
        "Reads all of it: SQLite's structure, every checksum, every reading,\n"
        "and computes once more what follows from them. Exit status: 0 whole,\n"
        "1 problems found (each is one line), 2 error. With --salvage what is\n"
        "whole goes to a new database instead.",
    .options = check_options,
    .run = run_check,
};
