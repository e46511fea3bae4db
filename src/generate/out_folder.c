/*
 * out_folder.c - names, temporary names and what is in the way.
 *
 * The folder is listed before it is changed, never while it is.
 */
#include "generate/out_folder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"

/* Names of files in the folder, each ended by a zero. */
struct name_list {
    struct buffer names;
};

static const char *
next_name(const struct name_list *list, const char *name)
{
    const char *next = name == NULL ? list->names.data : strchr(name, 0) + 1;
    bool is_end = next == NULL || next == list->names.data + list->names.len;
    return is_end ? NULL : next;
}

static bool
has_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
    }
    return true;
}

/* A name that the generator gives: devices.csv, readings_0001.csv.gz ... */
static bool
is_ours(const char *name, size_t len)
{
    static const char *const ends[] = {".csv", ".csv.gz", ".csv.zst"};
    static const char start[] = "readings_";
    size_t start_len = sizeof(start) - 1;
    if (len == strlen("devices.csv") && strncmp(name, "devices.csv", len) == 0)
        return true;
    if (len == strlen("truth.json") && strncmp(name, "truth.json", len) == 0)
        return true;
    if (len < start_len + 4 || strncmp(name, start, start_len) != 0 ||
        !has_digits(name + start_len, 4))
        return false;
    const char *end = name + start_len + 4;
    size_t end_len = len - start_len - 4;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (end_len == strlen(ends[i]) && strncmp(end, ends[i], end_len) == 0)
            return true;
    }
    return false;
}

static bool
is_part(const char *name)
{
    size_t len = strlen(name);
    size_t part_len = strlen(OUT_FILE_PART);
    return len > part_len &&
           strcmp(name + len - part_len, OUT_FILE_PART) == 0 &&
           is_ours(name, len - part_len);
}

void
out_folder_readings_name(char name[OUT_FILE_NAME_SIZE], uint64_t file,
                         const char *suffix)
{
    snprintf(name, OUT_FILE_NAME_SIZE, "readings_%04" PRIu64 ".csv%s", file + 1,
             suffix);
}

static int
read_names(DIR *dir, struct name_list *list)
{
    const struct dirent *entry = NULL;
    while ((entry = readdir(dir)) != NULL) {
        size_t size = strlen(entry->d_name) + 1;
        int status = buffer_append(&list->names, entry->d_name, size);
        if (status != WATTLE_OK)
            return status;
    }
    return WATTLE_OK;
}

/* Lists the folder; the caller releases list->names in any case. */
static int
list_names(const struct out_folder *folder, struct name_list *list,
           struct wattle_error *error)
{
    *list = (struct name_list){0};
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        int status = out_file_error(error, folder->path, "", "read");
        if (fd >= 0)
            close(fd);
        return status;
    }
    int status = read_names(dir, list);
    closedir(dir);
    return status == WATTLE_OK ? WATTLE_OK : error_memory(error);
}

/* Makes a folder and those above it; true when it did not exist. */
static int
make_folders(const char *path, bool *is_new, struct wattle_error *error)
{
    char copy[4096];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(copy))
        return error_set(error, WATTLE_ERR_USAGE,
                         "the name of the output folder is %s",
                         len == 0 ? "empty" : "too long");
    memcpy(copy, path, len + 1);
    for (size_t i = 1; i < len; i++) {
        if (copy[i] != '/')
            continue;
        copy[i] = '\0';
        mkdir(copy, 0777); /* whether it worked shows below */
        copy[i] = '/';
    }
    *is_new = mkdir(path, 0777) == 0;
    if (!*is_new && errno != EEXIST && errno != EISDIR)
        return out_file_error(error, path, "", "make the folder");
    return WATTLE_OK;
}

static int
refuse_full(const struct out_folder *folder, const struct name_list *list,
            struct wattle_error *error)
{
    const char *name = NULL;
    while ((name = next_name(list, name)) != NULL) {
        bool is_in_the_way = is_ours(name, strlen(name)) ||
                             fnmatch("readings_*.csv*", name, 0) == 0;
        if (is_in_the_way && !is_part(name))
            return error_set_at(error, WATTLE_ERR_USAGE, folder->path, 0,
                                "%s already holds %s", folder->path, name);
    }
    return WATTLE_OK;
}

static void
remove_parts(const struct out_folder *folder, const struct name_list *list)
{
    const char *name = NULL;
    while ((name = next_name(list, name)) != NULL) {
        if (is_part(name))
            unlinkat(folder->fd, name, 0);
    }
}

int
out_folder_open(struct out_folder *folder, const char *path, bool force,
                struct wattle_error *error)
{
    *folder = (struct out_folder){.path = path, .fd = -1};
    struct name_list list = {0};
    int status = make_folders(path, &folder->is_new, error);
    if (status != WATTLE_OK)
        return status;
    folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0)
        return out_file_error(error, path, "", "open the folder");
    status = list_names(folder, &list, error);
    if (status == WATTLE_OK && !force)
        status = refuse_full(folder, &list, error);
    if (status == WATTLE_OK)
        remove_parts(folder, &list);
    buffer_release(&list.names);
    if (status != WATTLE_OK) {
        close(folder->fd);
        folder->fd = -1;
    }
    return status;
}

int
out_folder_create(const struct out_folder *folder, const char *name,
                  struct out_file *file, struct wattle_error *error)
{
    return out_file_create(file, folder->fd, folder->path, name, error);
}

/* A file of an earlier run that this one has not written again. */
static bool
is_stale(const struct out_folder *folder, const char *name)
{
    char part[OUT_FILE_PART_SIZE];
    if (!is_ours(name, strlen(name)))
        return false;
    out_file_part_name(part, name);
    return faccessat(folder->fd, part, F_OK, 0) != 0;
}

static int
give_name(const struct out_folder *folder, const char *part,
          struct wattle_error *error)
{
    char name[OUT_FILE_NAME_SIZE];
    size_t len = strlen(part) - strlen(OUT_FILE_PART);
    memcpy(name, part, len);
    name[len] = '\0';
    if (renameat(folder->fd, part, folder->fd, name) != 0)
        return out_file_error(error, folder->path, name, "create");
    return WATTLE_OK;
}

static int
remove_stale(const struct out_folder *folder, const struct name_list *list,
             struct wattle_error *error)
{
    const char *name = NULL;
    while ((name = next_name(list, name)) != NULL) {
        if (is_stale(folder, name) && unlinkat(folder->fd, name, 0) != 0)
            return out_file_error(error, folder->path, name, "remove");
    }
    return WATTLE_OK;
}

static int
give_names(const struct out_folder *folder, const struct name_list *list,
           struct wattle_error *error)
{
    const char *name = NULL;
    int status = WATTLE_OK;
    while (status == WATTLE_OK && (name = next_name(list, name)) != NULL) {
        if (is_part(name))
            status = give_name(folder, name, error);
    }
    return status;
}

int
out_folder_commit(struct out_folder *folder, struct wattle_error *error)
{
    struct name_list list = {0};
    int status = list_names(folder, &list, error);
    if (status == WATTLE_OK)
        status = remove_stale(folder, &list, error);
    if (status == WATTLE_OK)
        status = give_names(folder, &list, error);
    buffer_release(&list.names);
    if (status == WATTLE_OK) {
        close(folder->fd);
        folder->fd = -1;
    }
    return status;
}

void
out_folder_abort(struct out_folder *folder)
{
    struct name_list list = {0};
    if (folder->fd < 0)
        return;
    if (list_names(folder, &list, NULL) == WATTLE_OK)
        remove_parts(folder, &list);
    buffer_release(&list.names);
    close(folder->fd);
    folder->fd = -1;
    if (folder->is_new)
        rmdir(folder->path);
}
