/*
 * cmd_backup.c - wattle backup: a copy of a database in use.
 */
#include <stdio.h>

#include "cli/command.h"
#include "wattle/maintain.h"

static const struct cli_option backup_options[] = {
    {0, NULL, NULL, NULL, NULL},
};

static int
run_backup(const struct command *self, int argc, char **argv)
{
    struct wattle_error error = {0};
    struct cli_parser parser;
    const char *paths[2] = {NULL, NULL};
    int n = 0;
    cli_parser_init(&parser, self, argc, argv);
    for (int option; (option = cli_next(&parser)) != CLI_END;) {
        if (option == CLI_HELP) {
            cli_print_help(self);
            return EXIT_DONE;
        }
        if (option == CLI_BAD)
            return EXIT_USAGE;
        if (n == 2) {
            cli_complain(self, "one database and one copy, not also '%s'",
                         parser.value);
            return EXIT_USAGE;
        }
        paths[n++] = parser.value;
    }
    if (n < 2) {
        cli_complain(self, "say which database, and where its copy goes");
        return EXIT_USAGE;
    }
    if (wattle_database_backup(paths[0], paths[1], &error) != WATTLE_OK) {
        cli_complain_error(self, &error);
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
