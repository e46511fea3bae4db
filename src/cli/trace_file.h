/*
 * trace_file.h - --trace FILE: a trace, and the file it goes to.
 *
 *     struct trace_file file;
 *     if (!trace_file_open(&file, self, path))
 *         return EXIT_USAGE;
 *     options.trace = file.trace;
 *     ...
 *     return trace_file_close(&file, code);
 */
#ifndef CLI_TRACE_FILE_H
#define CLI_TRACE_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/command.h"
#include "wattle/experimental/trace.h"

struct trace_file {
    const struct command *command;
    struct wattle_trace_file *file;
    struct wattle_trace *trace; /* NULL without --trace */
};

/*
 * Opens the file before any work is done; with path NULL there is nothing to
 * do. A file that holds anything but a trace, or that is one of the others, is
 * left alone. False after one line on stderr.
 */
bool trace_file_open(struct trace_file *file, const struct command *command,
                     const char *path, const char *const *others,
                     size_t n_others);

/*
 * Writes the trace, however the command ended. Returns the given exit code,
 * or EXIT_USAGE after one line on stderr when the file cannot be written.
 */
int trace_file_close(struct trace_file *file, int code);

#endif
