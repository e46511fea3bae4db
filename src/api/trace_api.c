/*
 * trace_api.c - the file that a trace goes to.
 *
 * It is opened and checked before the work, and emptied and written only when
 * the trace is complete (kept_file.h). It must be new, empty or an older
 * trace, and none of the files and databases that the caller names as others
 * of this run.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/kept_file.h"
#include "output/text_out.h"
#include "output/trace_json.h"
#include "wattle/experimental/trace.h"

static const struct kept_kind kind = {"trace", "{\"displayTimeUnit\""};

struct wattle_trace_file {
    char *path;
    int fd;
};

struct others {
    const char *const *paths;
    size_t n;
};

/* A kept_file_check. */
static const char *
find_conflict(const void *context, const struct stat *info)
{
    const struct others *others = context;
    const char *found = NULL;
    for (size_t i = 0; i < others->n && found == NULL; i++) {
        if (others->paths[i] != NULL && S_ISREG(info->st_mode))
            found = kept_file_of_database(others->paths[i], info);
    }
    return found != NULL ? "another file of this run" : NULL;
}

static void
release(struct wattle_trace_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    free(file);
}

int
wattle_trace_file_open(struct wattle_trace_file **out, const char *path,
                       const char *const *others, size_t n_others,
                       struct wattle_error *error)
{
    const struct others list = {others, n_others};
    *out = NULL;
    if (path == NULL)
        return error_null(error, "path");
    struct wattle_trace_file *file = calloc(1, sizeof(*file));
    if (file == NULL)
        return error_memory(error);
    file->fd = kept_file_open(path, &kind, find_conflict, &list, error);
    if (file->fd < 0) {
        int status = file->fd;
        release(file);
        return status;
    }
    file->path = strdup(path);
    if (file->path == NULL) {
        release(file);
        return error_memory(error);
    }
    *out = file;
    return WATTLE_OK;
}

int
wattle_trace_file_close(struct wattle_trace_file *file,
                        const struct wattle_trace *trace, const char *program,
                        struct wattle_error *error)
{
    int status = WATTLE_OK;
    if (trace == NULL) {
        release(file);
        return status;
    }
    status = kept_file_clear(file->fd, file->path, &kind, error);
    if (status == WATTLE_OK) {
        const struct wattle_writer to = text_out_to_fd(file->fd);
        bool is_written = trace_json_write(trace, program, &to) == WATTLE_OK;
        is_written = is_written && close(file->fd) == 0;
        file->fd = is_written ? -1 : file->fd;
        if (!is_written)
            status =
                error_set_at(error, WATTLE_ERR_IO, file->path, 0,
                             "cannot write the trace: %s", strerror(errno));
    }
    release(file);
    return status;
}
