/*
 * trace_file.c - the file of --trace.
 *
 * It is opened at the start, so that a bad name is told before the work, and
 * emptied only when the trace is there to be written.
 */
#include "cli/trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How every trace of ours begins. */
static const char signature[] = "{\"displayTimeUnit\"";

/* A file with readings must not vanish because of a slip of the hand. */
static bool
may_replace(int fd)
{
    char start[sizeof(signature) - 1];
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0)
        return true;
    return pread(fd, start, sizeof(start), 0) == (ssize_t)sizeof(start) &&
           memcmp(start, signature, sizeof(start)) == 0;
}

/* The descriptor, or -1 after one line on stderr. */
static int
open_path(const struct command *command, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 && errno != EISDIR) /* a pipe, or nothing but writable */
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        cli_complain(command, "%s: cannot write the trace: %s", path,
                     strerror(errno));
        return -1;
    }
    if (!may_replace(fd)) {
        cli_complain(command,
                     "%s: is there already and is no trace; --trace "
                     "does not replace it",
                     path);
        close(fd);
        return -1;
    }
    return fd;
}

bool
trace_file_open(struct trace_file *file, const struct command *command,
                const char *path)
{
    *file = (struct trace_file){.command = command, .path = path};
    if (path == NULL)
        return true;
    int fd = open_path(command, path);
    if (fd < 0)
        return false;
    file->file = fdopen(fd, "w");
    file->trace = wattle_trace_new(0);
    if (file->file != NULL && file->trace != NULL) {
        wattle_trace_begin(file->trace, command->name);
        return true;
    }
    cli_complain(command, "out of memory");
    if (file->file != NULL)
        fclose(file->file);
    else
        close(fd);
    wattle_trace_free(file->trace);
    return false;
}

/* NULL, or why it cannot be written. */
static const char *
write_out(const struct trace_file *file)
{
    char program[64];
    struct stat info;
    int fd = fileno(file->file);
    bool is_regular = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    if (!may_replace(fd)) /* since it was opened: --rejects, perhaps */
        return "another output of this run went there";
    if (is_regular && ftruncate(fd, 0) != 0)
        return strerror(errno);
    snprintf(program, sizeof(program), "wattle %s", file->command->name);
    wattle_trace_end(file->trace);
    if (wattle_trace_write(file->trace, program, file->file) != 0 ||
        fflush(file->file) != 0)
        return strerror(errno);
    return NULL;
}

int
trace_file_close(struct trace_file *file, int code)
{
    if (file->trace == NULL)
        return code;
    const char *problem = write_out(file);
    if (fclose(file->file) != 0 && problem == NULL)
        problem = strerror(errno);
    if (problem != NULL) {
        cli_complain(file->command, "%s: cannot write the trace: %s",
                     file->path, problem);
        code = EXIT_USAGE;
    }
    wattle_trace_free(file->trace);
    return code;
}
