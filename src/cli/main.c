/*
 * main.c - the list of commands, and which one was meant.
 *
 * Each command is one struct command in a file of its own. Standard streams
 * that are closed are opened on /dev/null first, so that no other file gets
 * their numbers. When standard output could not be written, the exit status is
 * 2.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "wattle/wattle.h"

extern const struct command command_report;
extern const struct command command_import;
extern const struct command command_query;
extern const struct command command_sql;
extern const struct command command_export;
extern const struct command command_info;
extern const struct command command_check;
extern const struct command command_backup;
extern const struct command command_compact;
extern const struct command command_forget;
extern const struct command command_generate;

static const struct command *const commands[] = {
    &command_report,  &command_import, &command_query,    &command_sql,
    &command_export,  &command_info,   &command_check,    &command_backup,
    &command_compact, &command_forget, &command_generate,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
print_usage(FILE *out)
{
    fprintf(out,
            "wattle %s - from smart-home energy readings to answers\n\n"
            "Usage: wattle COMMAND [arguments]\n\nCommands:\n",
            wattle_version());
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-10s  %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "  %-10s  %s\n", "help", "Show help for a command");
    fprintf(out, "  %-10s  %s\n", "version", "Print the version");
    fputs("\nTry 'wattle help report'.\n", out);
}

static const struct command *
find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static const char *
command_name(size_t i)
{
    static const char *const others[] = {"help", "version", NULL};
    return i < N_COMMANDS ? commands[i]->name : others[i - N_COMMANDS];
}

/* Says what was meant: a word with a typing error, or a report on a path. */
static int
complain_unknown(const char *name)
{
    char shown[256];
    struct stat info;
    wattle_text_visible(name, shown, sizeof(shown));
    const char *nearest = cli_nearest(name, strlen(name), command_name);
    if (stat(name, &info) == 0)
        fprintf(stderr,
                "wattle: '%s' is a file or folder; did you mean 'wattle report "
                "%s'?\n",
                shown, shown);
    else if (nearest != NULL)
        fprintf(stderr, "wattle: unknown command '%s'; did you mean '%s'?\n",
                shown, nearest);
    else
        fprintf(stderr, "wattle: unknown command '%s'; see 'wattle help'\n",
                shown);
    return EXIT_USAGE;
}

static int
run_help(int argc, char **argv)
{
    if (argc < 3) {
        print_usage(stdout);
        return EXIT_DONE;
    }
    const struct command *command = find_command(argv[2]);
    if (strcmp(argv[2], "help") == 0 || strcmp(argv[2], "version") == 0) {
        print_usage(stdout);
        return EXIT_DONE;
    }
    if (command == NULL)
        return complain_unknown(argv[2]);
    cli_print_help(command);
    return EXIT_DONE;
}

/*
 * A file that is opened must not get the number of a stream: what is written to
 * a closed standard output would go into it.
 */
static void
open_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            _exit(EXIT_USAGE);
    }
}

/* What was printed must have gone out: a full disk is no success. */
static int
end(int code)
{
    errno = 0;
    bool failed = fflush(stdout) != 0;
    if ((failed || ferror(stdout)) && code != EXIT_USAGE) {
        fprintf(stderr, "wattle: cannot write standard output: %s\n",
                errno != 0 ? strerror(errno) : "it was refused before");
        code = EXIT_USAGE;
    }
    return code;
}

int
main(int argc, char **argv)
{
    open_streams();
    /* writing beyond a limit of file sizes fails like a full disk, without a
     * signal */
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        print_usage(stdout);
        return end(EXIT_USAGE);
    }
    const char *name = argv[1];
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 ||
        strcmp(name, "-h") == 0)
        return end(run_help(argc, argv));
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0 ||
        strcmp(name, "-V") == 0) {
        printf("wattle %s\n", wattle_version());
        return end(EXIT_DONE);
    }
    const struct command *command = find_command(name);
    if (command == NULL)
        return complain_unknown(name);
    return end(command->run(command, argc - 2, argv + 2));
}
