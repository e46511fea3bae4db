/*
 * out_file.c - creating, writing and closing, with words for every failure.
 *
 * In a folder a file is called NAME.part until all files are complete
 * (out_folder.h), so an interrupted run leaves no incomplete file under a
 * final name. Standard output is written directly.
 */
#include "generate/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

int
out_file_error(struct wattle_error *error, const char *folder, const char *name,
               const char *verb)
{
    int code = errno;
    char path[1024];
    const char *slash = name[0] == '\0' ? "" : "/";
    snprintf(path, sizeof(path), "%s%s%s", folder, slash, name);
    return error_set_at(error, WATTLE_ERR_IO, path, 0, "cannot %s %s: %s", verb,
                        path, strerror(code));
}

void
out_file_part_name(char part[OUT_FILE_PART_SIZE], const char *name)
{
    snprintf(part, OUT_FILE_PART_SIZE, "%s" OUT_FILE_PART, name);
}

int
out_file_create(struct out_file *file, int folder_fd, const char *folder,
                const char *name, struct wattle_error *error)
{
    char part[OUT_FILE_PART_SIZE];
    *file = (struct out_file){.folder = folder, .fd = -1};
    snprintf(file->name, sizeof(file->name), "%s", name);
    out_file_part_name(part, name);
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    file->fd = openat(folder_fd, part, flags, 0666);
    return file->fd >= 0 ? WATTLE_OK
                         : out_file_error(error, folder, name, "create");
}

void
out_file_stdout(struct out_file *file)
{
    *file = (struct out_file){.fd = STDOUT_FILENO};
}

static int
write_error(const struct out_file *file, struct wattle_error *error)
{
    if (file->folder != NULL)
        return out_file_error(error, file->folder, file->name, "write");
    return error_set(error, WATTLE_ERR_IO, "cannot write standard output: %s",
                     strerror(errno));
}

int
out_file_write(struct out_file *file, const void *bytes, size_t len,
               struct wattle_error *error)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = write(file->fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return write_error(file, error);
        at += n;
        len -= (size_t)n;
    }
    return WATTLE_OK;
}

int
out_file_close(struct out_file *file, struct wattle_error *error)
{
    int fd = file->fd;
    file->fd = -1;
    if (fd < 0 || file->folder == NULL)
        return WATTLE_OK;
    return close(fd) == 0 ? WATTLE_OK : write_error(file, error);
}
