/*
 * trace_file.c - the file of --trace.
 *
 * It is opened at the start, so that a bad name is told before the work, and
 * emptied only when the trace is there to be written.
 */
#include "cli/trace_file.h"

bool
trace_file_open(struct trace_file *file, const struct command *command,
                const char *path, const char *const *others, size_t n_others)
{
    struct wattle_error error = {0};
    *file = (struct trace_file){.command = command};
    if (path == NULL)
        return true;
    if (wattle_trace_file_open(&file->file, path, others, n_others, &error) !=
        WATTLE_OK) {
        cli_complain_error(command, &error);
        return false;
    }
    file->trace = wattle_trace_new(0);
    if (file->trace != NULL) {
        wattle_trace_begin(file->trace, command->name);
        return true;
    }
    cli_complain(command, "out of memory");
    wattle_trace_file_close(file->file, NULL, "", &error);
    return false;
}

int
trace_file_close(struct trace_file *file, int code)
{
    struct wattle_error error = {0};
    char program[64];
    if (file->trace == NULL)
        return code;
    snprintf(program, sizeof(program), "wattle %s", file->command->name);
    wattle_trace_end(file->trace);
    if (wattle_trace_file_close(file->file, file->trace, program, &error) !=
        WATTLE_OK) {
        cli_complain_error(file->command, &error);
        code = EXIT_USAGE;
    }
    wattle_trace_free(file->trace);
    return code;
}
