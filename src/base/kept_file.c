/*
 * kept_file.c - what may be written over, and names that come last.
 *
 * A file that is there is overwritten only if it is empty or of the same kind,
 * and no input of the run; a new one has a temporary name until it is whole.
 */
#include "base/kept_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/error.h"

#define MAX_SIGNATURE 64
#define PART_TRIES    16

/* What SQLite adds to the name of a database. */
static const char *const side_ends[] = {"-wal", "-shm", "-journal"};

#define N_SIDE_ENDS (sizeof(side_ends) / sizeof(side_ends[0]))

static int
fail(const char *path, const char *verb, struct wattle_error *error)
{
    int code = errno;
    return error_set_at(error, WATTLE_ERR_IO, path, 0, "cannot %s it: %s", verb,
                        strerror(code));
}

/* Whether a file is empty or begins as it should; no plain file always is. */
static bool
is_of_kind(int fd, const struct kept_kind *kind)
{
    char start[MAX_SIGNATURE];
    const size_t len = strlen(kind->signature);
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0)
        return true;
    return pread(fd, start, len, 0) == (ssize_t)len &&
           memcmp(start, kind->signature, len) == 0;
}

/* A new file, or the one that is there. */
static int
open_either(const char *path, bool *is_new)
{
    struct stat info;
    *is_new = false;
    /* a pipe that is read here as well would never end */
    if (stat(path, &info) == 0 && S_ISFIFO(info.st_mode))
        return open(path, O_WRONLY | O_CLOEXEC);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
    *is_new = fd >= 0;
    if (fd < 0 && errno == EEXIST)
        fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && errno == ENOENT) { /* a link to a file that is to be made */
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
        *is_new = fd >= 0;
    }
    int code = errno;
    if (fd < 0 && code != EISDIR && access(path, F_OK) == 0) {
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY); /* write-only */
        code = errno;
    }
    errno = code;
    return fd;
}

static int
refuse(const char *path, const char *what, const struct kept_kind *kind,
       struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_USAGE, path, 0,
                        "cannot write the %s: it is %s; choose another file",
                        kind->name, what);
}

static int
refuse_other(const char *path, const struct kept_kind *kind,
             struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_USAGE, path, 0,
                        "cannot write the %s: the file exists and holds "
                        "something else; choose another file, or remove it",
                        kind->name);
}

static int
fail_kind(const char *path, const struct kept_kind *kind,
          struct wattle_error *error)
{
    int code = errno;
    return error_set_at(error, WATTLE_ERR_IO, path, 0,
                        "cannot write the %s: %s", kind->name, strerror(code));
}

/*
 * Whatever the file beside it is: it cannot be looked into, because closing a
 * database that is in use would free its locks.
 */
int
kept_file_refuse_side_name(const char *path, struct wattle_error *error)
{
    const size_t len = strlen(path);
    for (size_t i = 0; i < N_SIDE_ENDS; i++) {
        const size_t end_len = strlen(side_ends[i]);
        struct stat info;
        if (len <= end_len || strcmp(path + len - end_len, side_ends[i]) != 0)
            continue;
        char *name = strndup(path, len - end_len);
        if (name == NULL)
            return error_memory(error);
        bool is_beside = stat(name, &info) == 0 && S_ISREG(info.st_mode);
        free(name);
        if (is_beside)
            return error_set_at(error, WATTLE_ERR_USAGE, path, 0,
                                "cannot write it: SQLite would take it for a "
                                "part of the database %.*s; choose another "
                                "name",
                                (int)(len - end_len), path);
    }
    return WATTLE_OK;
}

int
kept_file_open(const char *path, const struct kept_kind *kind,
               kept_file_check check, const void *context,
               struct wattle_error *error)
{
    struct stat info;
    bool is_new = false;
    int status = kept_file_refuse_side_name(path, error);
    if (status != WATTLE_OK)
        return status;
    /* by name first: to open and close a database would free its locks */
    const char *what = stat(path, &info) == 0 ? check(context, &info) : NULL;
    if (what != NULL)
        return refuse(path, what, kind, error);
    int fd = open_either(path, &is_new);
    if (fd < 0)
        return fail_kind(path, kind, error);
    bool is_there = fstat(fd, &info) == 0;
    what = is_there ? check(context, &info) : NULL;
    if (what == NULL && is_there && S_ISBLK(info.st_mode))
        what = "a disk";
    if (what != NULL)
        status = refuse(path, what, kind, error);
    else if (!is_of_kind(fd, kind))
        status = refuse_other(path, kind, error);
    if (status == WATTLE_OK)
        return fd;
    if (is_new)
        unlink(path);
    close(fd);
    return status;
}

int
kept_file_clear(int fd, const char *path, const struct kept_kind *kind,
                struct wattle_error *error)
{
    struct stat info;
    if (!is_of_kind(fd, kind)) /* since it was opened: another output, say */
        return refuse_other(path, kind, error);
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && ftruncate(fd, 0) != 0)
        return fail_kind(path, kind, error);
    return WATTLE_OK;
}

const char *
kept_file_of_database(const char *database, const struct stat *info)
{
    const char *found = NULL;
    for (size_t i = 0; i <= N_SIDE_ENDS; i++) {
        struct stat other;
        char *name = NULL;
        if (asprintf(&name, "%s%s", database, i > 0 ? side_ends[i - 1] : "") <
            0)
            return "perhaps the database";
        if (stat(name, &other) == 0 && other.st_dev == info->st_dev &&
            other.st_ino == info->st_ino)
            found = i == 0 ? "the database" : "part of the database";
        free(name);
    }
    return found;
}

/* A name that nobody has, beside the final one. */
static int
make_part(struct new_file *file, mode_t mode, struct wattle_error *error)
{
    for (int i = 0; i < PART_TRIES; i++) {
        uint32_t number = 0;
        if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
            number = (uint32_t)getpid() + (uint32_t)i;
        free(file->part);
        file->part = NULL;
        if (asprintf(&file->part, "%s.%08x.part", file->path, number) < 0) {
            file->part = NULL;
            return error_memory(error);
        }
        file->fd =
            open(file->part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                 mode);
        if (file->fd >= 0)
            return WATTLE_OK;
        if (errno != EEXIST)
            break;
    }
    return fail(file->path, "make", error);
}

static void
release(struct new_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    free(file->part);
    *file = (struct new_file){.fd = -1};
}

int
new_file_begin(struct new_file *file, const char *path, mode_t mode,
               struct wattle_error *error)
{
    struct stat info;
    *file = (struct new_file){.fd = -1};
    if (path[0] == '\0')
        return error_set(error, WATTLE_ERR_USAGE,
                         "a file needs a name; '' is none");
    if (lstat(path, &info) == 0)
        return error_set_at(error, WATTLE_ERR_IO, path, 0, "exists already");
    if (errno != ENOENT)
        return fail(path, "make", error);
    int status = kept_file_refuse_side_name(path, error);
    if (status != WATTLE_OK)
        return status;
    file->path = strdup(path);
    status =
        file->path != NULL ? make_part(file, mode, error) : error_memory(error);
    if (status != WATTLE_OK)
        release(file);
    return status;
}

/* Gives the name if nobody has it; not all file systems have hard links. */
static bool
give_name(const struct new_file *file)
{
    if (link(file->part, file->path) == 0) {
        unlink(file->part);
        return true;
    }
    if (errno == EEXIST)
        return false;
    if (renameat2(AT_FDCWD, file->part, AT_FDCWD, file->path,
                  RENAME_NOREPLACE) == 0)
        return true;
    struct stat info;
    if (errno == EEXIST || lstat(file->path, &info) == 0) {
        errno = EEXIST;
        return false;
    }
    return rename(file->part, file->path) == 0;
}

int
new_file_commit(struct new_file *file, struct wattle_error *error)
{
    int status = WATTLE_OK;
    if (fsync(file->fd) != 0 && errno != EINVAL && errno != EROFS)
        status = fail(file->path, "write", error);
    if (status == WATTLE_OK && !give_name(file))
        status = fail(file->path, "make", error);
    if (status != WATTLE_OK)
        unlink(file->part);
    release(file);
    return status;
}

void
new_file_abandon(struct new_file *file)
{
    if (file->part != NULL)
        unlink(file->part);
    for (size_t i = 0; file->part != NULL && i < N_SIDE_ENDS; i++) {
        char *name = NULL;
        if (asprintf(&name, "%s%s", file->part, side_ends[i]) >= 0)
            unlink(name);
        free(name);
    }
    release(file);
}

mode_t
new_file_mode_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? info.st_mode & 0666 : 0666;
}
