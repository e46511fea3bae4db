/*
 * cmd_backup.c - wattle backup: a copy of a database in use.
 *
 * Two paths become one call of the library; there are no options. The copy
 * gets its name when it is complete, and never replaces a file. A signal
 * cancels it (interrupt.h).
 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "wattle/maintain.h"

static const struct cli_option backup_options[] = {
    {0, NULL, NULL, NULL, NULL},
};

struct request {
    const char *paths[2]; /* the database, its copy */
    int n;
};

static bool
read_option(void *context, const struct cli_parser *parser, int option)
{
    struct request *request = context;
    (void)option; /* there are none */
    if (request->n == 2) {
        cli_complain(parser->command,
                     "one database and one copy, not also '%s'", parser->value);
        return false;
    }
    request->paths[request->n++] = parser->value;
    return true;
}

static int
run_backup(const struct command *self, int argc, char **argv)
{
    struct request request = {.n = 0};
    struct wattle_error error = {0};
    struct wattle_database_options options = WATTLE_DATABASE_OPTIONS_INIT;
    int code;
    if (!cli_read(self, argc, argv, read_option, &request, &code))
        return code;
    if (request.n < 2) {
        cli_complain(self, "say which database, and where its copy goes");
        return EXIT_USAGE;
    }
    options.cancel = interrupt_cancel();
    if (wattle_database_backup(request.paths[0], request.paths[1], &options,
                               &error) != WATTLE_OK) {
        cli_complain_error(self, &error);
        interrupt_end();
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

const struct command command_backup = {
    .name = "backup",
    .arguments = "DATABASE COPY",
    .summary = "Copy a database, even while others write to it",
    .description =
        "The copy is the database as it is at one moment. It must not exist\n"
        "yet, and gets its name when it is whole and on the disk. Exit "
        "status:\n"
        "0 done, 2 error.",
    .options = backup_options,
    .run = run_backup,
};
