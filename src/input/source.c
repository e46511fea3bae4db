/*
 * source.c - paths to sources, and what is learned from a file's head.
 *
 * A source is opened once to look at its head, and again by each split that
 * reads it, then only if it is still the same file.
 */
#include "input/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/line_ends.h"
#include "base/utf8.h"

#define HEAD_BYTES SOURCE_HEAD_BYTES

void
source_set_problem(struct source *source, const char *text)
{
    const size_t len = strlen(text), size = 3 * len + 3;
    if (source->problem != NULL)
        return;
    if (utf8_is_valid(text, len)) {
        source->problem = strdup(text);
        return;
    }
    /* names of columns may be in it, of a file in another encoding */
    source->problem = malloc(size);
    if (source->problem != NULL)
        source->problem[utf8_from_latin(text, len, source->problem, size)] =
            '\0';
}

static struct source *
append(struct source_list *list, const char *path, enum source_kind kind)
{
    struct source *grown = buffer_grow_array(list->sources, &list->cap,
                                             list->n + 1, sizeof(*grown));
    if (grown == NULL)
        return NULL;
    list->sources = grown;
    char *copy = strdup(path);
    if (copy == NULL)
        return NULL;
    struct source *source = &list->sources[list->n++];
    *source = (struct source){.path = copy, .kind = kind, .fd = -1};
    return source;
}

bool
source_is_device_table(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strcmp(slash != NULL ? slash + 1 : path, "devices.csv") == 0;
}

static bool
ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

/* Whether a file in a folder is read; packed ones go by the name inside. */
static bool
is_wanted(const char *name, const struct source_names *names)
{
    size_t len = strlen(name);
    if (name[0] == '.' || source_is_device_table(name))
        return false;
    if (ends_with(name, ".gz"))
        len -= strlen(".gz");
    else if (ends_with(name, ".zst"))
        len -= strlen(".zst");
    return names->is_wanted(name, len);
}

static int
is_entry(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int
compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int
add_entry(struct source_list *list, const char *folder, const char *name)
{
    struct buffer path = {0};
    const char *slash = ends_with(folder, "/") ? "" : "/";
    struct stat info;
    int status = WATTLE_ERR_MEMORY;
    if (buffer_printf(&path, "%s%s%s", folder, slash, name) != WATTLE_OK ||
        buffer_append(&path, "", 1) != WATTLE_OK)
        goto out;
    struct source *source = append(list, path.data, SOURCE_PLAIN);
    if (source == NULL)
        goto out;
    status = WATTLE_OK;
    if (stat(path.data, &info) != 0)
        goto out; /* opening it will tell why */
    if (S_ISDIR(info.st_mode))
        source_set_problem(source, "is a folder, not a file");
    else if (!S_ISREG(info.st_mode))
        source_set_problem(source, "is not a regular file; name it to read it");
out:
    buffer_release(&path);
    return status;
}

static int
add_folder(struct source_list *list, const char *path,
           const struct source_names *names, struct wattle_error *error)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_entry, compare_names);
    int status = WATTLE_OK;
    size_t n_before = list->n;
    if (n < 0)
        return error_set_at(error, WATTLE_ERR_IO, path, 0,
                            "cannot read the folder: %s", strerror(errno));
    for (int i = 0; i < n; i++) {
        if (status == WATTLE_OK && is_wanted(entries[i]->d_name, names))
            status = add_entry(list, path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (status == WATTLE_OK && list->n == n_before) {
        char problem[128];
        struct source *source = append(list, path, SOURCE_PLAIN);
        if (source == NULL)
            return error_memory(error);
        snprintf(problem, sizeof(problem),
                 "holds no %s file, nor one packed as .gz or .zst",
                 names->described);
        source_set_problem(source, problem);
    }
    return status == WATTLE_OK ? status : error_memory(error);
}

int
source_list_add_path(struct source_list *list, const char *path,
                     const struct source_names *names,
                     struct wattle_error *error)
{
    struct stat info;
    if (strcmp(path, "-") == 0)
        return append(list, path, SOURCE_STREAM) != NULL ? WATTLE_OK
                                                         : error_memory(error);
    if (stat(path, &info) != 0)
        return error_set_at(error, WATTLE_ERR_IO, path, 0, "%s",
                            errno == ENOENT ? "no such file or directory"
                                            : strerror(errno));
    if (S_ISDIR(info.st_mode))
        return add_folder(list, path, names, error);
    if (source_is_device_table(path))
        return WATTLE_OK;
    enum source_kind kind =
        S_ISREG(info.st_mode) ? SOURCE_PLAIN : SOURCE_STREAM;
    return append(list, path, kind) != NULL ? WATTLE_OK : error_memory(error);
}

int
source_list_add_broken(struct source_list *list, const char *path,
                       const char *problem)
{
    struct source *source = append(list, path, SOURCE_PLAIN);
    if (source == NULL)
        return WATTLE_ERR_MEMORY;
    source_set_problem(source, problem);
    return WATTLE_OK;
}

int
source_list_add_read(struct source_list *list, const char *path, bool is_usable,
                     bool is_value_assumed, const char *problem)
{
    struct source *source = append(list, path, SOURCE_PLAIN);
    if (source == NULL)
        return WATTLE_ERR_MEMORY;
    if (problem != NULL)
        source_set_problem(source, problem);
    source->is_usable = is_usable;
    source->is_value_assumed = is_value_assumed;
    return WATTLE_OK;
}

struct row_store *
source_list_rows(struct source_list *list)
{
    if (list->n > 0 && list->sources[list->n - 1].rows != NULL)
        return list->sources[list->n - 1].rows;
    struct row_store *rows = row_store_new();
    if (rows == NULL)
        return NULL;
    struct source *source = append(list, "(batches)", SOURCE_ROWS);
    if (source == NULL) {
        row_store_free(rows);
        return NULL;
    }
    source->rows = rows;
    return rows;
}

bool
source_list_lend_rows(struct source_list *list, const char *name,
                      struct row_store *rows)
{
    struct source *source = append(list, name, SOURCE_ROWS);
    if (source != NULL)
        source->rows = rows;
    return source != NULL;
}

void
source_list_take_back(struct source_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        list->sources[i].rows = NULL;
}

static void
release_source(struct source *source)
{
    text_stream_close(source->stream);
    if (source->fd > STDIN_FILENO)
        close(source->fd);
    stream_copy_free(source->copy);
    row_store_free(source->rows);
    if (source->recognition != NULL)
        source->release_recognition(source->recognition);
    free(source->head);
    free(source->problem);
    free(source->path);
}

void
source_list_drop(struct source_list *list, const uint8_t *is_dropped,
                 void *others, size_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++) {
        if (is_dropped[i] != 0) {
            release_source(&list->sources[i]);
            continue;
        }
        if (kept != i) {
            list->sources[kept] = list->sources[i];
            memcpy((char *)others + kept * size, (char *)others + i * size,
                   size);
        }
        kept++;
    }
    list->n = kept;
}

void
source_list_release(struct source_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        release_source(&list->sources[i]);
    free(list->sources);
    *list = (struct source_list){0};
}

/* Reads the first bytes of text; at most HEAD_BYTES. */
static int
read_head(struct source *source, struct text_stream *stream,
          struct wattle_error *error)
{
    source->head = malloc(HEAD_BYTES);
    if (source->head == NULL)
        return error_memory(error);
    while (source->head_len < HEAD_BYTES) {
        size_t n = 0;
        int status = text_stream_read(stream, source->head + source->head_len,
                                      HEAD_BYTES - source->head_len, &n, error);
        /* with a line to work on, the damage is told when it is reached */
        if (status != WATTLE_OK)
            return memchr(source->head, '\n', source->head_len) != NULL
                       ? WATTLE_OK
                       : status;
        if (n == 0)
            break;
        source->head_len += n;
    }
    return WATTLE_OK;
}

/*
 * The first bytes of a file, when they are plain text; false when they are not
 * or cannot be read: then read_head is used.
 */
static bool
read_plain_head(struct source *source, int fd)
{
    ssize_t n = -1;
    source->head = malloc(HEAD_BYTES);
    if (source->head != NULL)
        n = pread(fd, source->head, HEAD_BYTES, 0);
    bool is_plain =
        n >= 0 && (n < 4 || !text_stream_is_packed(source->head, 4));
    if (is_plain &&
        (n == (ssize_t)HEAD_BYTES || (uint64_t)n == source->size_bytes)) {
        source->head_len = (size_t)n;
        return true;
    }
    free(source->head);
    source->head = NULL;
    return false;
}

/* Lines that end with CR alone end with LF from here on. */
static void
mend_head(struct source *source)
{
    static const char bom[] = "\xef\xbb\xbf";
    const bool has_bom =
        source->head_len >= 3 && memcmp(source->head, bom, 3) == 0;
    const size_t start = has_bom ? 3 : 0;
    struct line_ends ends = {false, false};
    source->has_bare_cr =
        line_ends_has_cr(source->head + start, source->head_len - start);
    if (source->has_bare_cr)
        line_ends_mend(&ends, source->head + start, source->head_len - start,
                       false);
}

/* A file that has become a pipe since must not make anybody wait. */
static int
open_path(const struct source *source)
{
    if (strcmp(source->path, "-") == 0)
        return STDIN_FILENO;
    int more = source->kind == SOURCE_STREAM ? 0 : O_NONBLOCK;
    return open(source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | more);
}

int
source_open(const struct source *source, struct wattle_error *error)
{
    struct stat info;
    int fd = open_path(source);
    if (fd < 0) {
        int code = errno;
        if (code == EMFILE || code == ENFILE || code == ENOMEM)
            return error_set(error, WATTLE_ERR_IO, "cannot open %s: %s",
                             source->path, strerror(code));
        return error_set_at(error, WATTLE_ERR_IO, source->path, 0,
                            "cannot open it: %s", strerror(code));
    }
    if (fstat(fd, &info) == 0 && info.st_dev == source->device &&
        info.st_ino == source->inode)
        return fd;
    close(fd);
    return error_set_at(error, WATTLE_ERR_IO, source->path, 0,
                        "another file took its place while it was read");
}

bool
source_has_grown(const struct source *source, int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
           (uint64_t)info.st_size > source->size_bytes;
}

int64_t
source_modified_ns(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
}

void
source_folder_release(struct source_folder *folder)
{
    free(folder->name);
    free(folder->real_path);
    *folder = (struct source_folder){0};
}

/* The real path of a folder, which is mostly that of the file before. */
static const char *
resolve_folder(struct source_folder *folder, const char *name, size_t len)
{
    if (folder->name != NULL && strlen(folder->name) == len &&
        memcmp(folder->name, name, len) == 0)
        return folder->real_path;
    source_folder_release(folder);
    folder->name = strndup(name, len);
    if (folder->name != NULL)
        folder->real_path = realpath(len > 0 ? folder->name : ".", NULL);
    return folder->real_path;
}

char *
source_real_path(const struct source *source, struct source_folder *folder)
{
    const char *path = source->path;
    struct stat info;
    char *whole = NULL;
    if (source->kind == SOURCE_STREAM || source->kind == SOURCE_ROWS)
        return strdup(path);
    if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode)) {
        whole = realpath(path, NULL);
        return whole != NULL ? whole : strdup(path);
    }
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    const char *real = resolve_folder(folder, path, len);
    if (real == NULL)
        return strdup(path);
    const char *between = strcmp(real, "/") == 0 ? "" : "/";
    return asprintf(&whole, "%s%s%s", real, between, path + len) >= 0 ? whole
                                                                      : NULL;
}

void
source_forget(struct source *source)
{
    if (source->kind == SOURCE_STREAM || source->kind == SOURCE_ROWS ||
        !source->is_prepared)
        return;
    char *path = source->path;
    source->path = NULL;
    release_source(source);
    *source = (struct source){.path = path, .kind = SOURCE_PLAIN, .fd = -1};
}

/* Notes which file it is; false when it is none that can be read anywhere. */
static bool
note_file(struct source *source, const struct stat *info)
{
    if (!S_ISREG(info->st_mode)) {
        source_set_problem(source, "is not a regular file any more");
        return false;
    }
    source->device = info->st_dev;
    source->inode = info->st_ino;
    source->size_bytes = (uint64_t)info->st_size;
    source->modified_ns = source_modified_ns(info);
    return true;
}

/* What went wrong goes to the source; lack of memory to the caller. */
static int
settle(struct source *source, int status, const struct wattle_error *why,
       struct wattle_error *error)
{
    if (status == WATTLE_ERR_MEMORY)
        return error_memory(error);
    if (status != WATTLE_OK)
        source_set_problem(source, why->message);
    return WATTLE_OK;
}

/* The first bytes of text, and whether they came out of a packed file. */
static int
read_start(struct source *source, int fd, struct text_stream **stream,
           struct wattle_error *error)
{
    bool is_file = source->kind == SOURCE_PLAIN;
    const struct text_stream_options options = {
        is_file, source->size_bytes, source->window_log, source->path};
    struct wattle_error why = {0};
    uint8_t first[4] = {0};
    if (is_file && read_plain_head(source, fd))
        return WATTLE_OK;
    *stream = text_stream_open(fd, &options, &why);
    int status = *stream != NULL ? read_head(source, *stream, &why) : why.code;
    if (is_file && *stream != NULL && pread(fd, first, 4, 0) == 4 &&
        text_stream_is_packed(first, 4))
        source->kind = SOURCE_PACKED;
    return settle(source, status, &why, error);
}

/* What is noted of a text before somebody recognises it. */
static void
note_head(struct source *source, const struct source_options *options)
{
    bool is_plain = source->kind == SOURCE_PLAIN;
    if (is_plain && options->may_grow &&
        source->head_len == source->size_bytes) {
        source->whole_hash = XXH3_64bits(source->head, source->head_len);
        source->has_whole_hash = true;
    }
    mend_head(source);
    source->holds_rest = is_plain && options->may_grow && !options->is_final;
}

/* Keeps what a stream's first reading needs, and nothing of a file. */
static void
keep_stream(struct source *source, int fd, struct text_stream *stream)
{
    if (source->kind == SOURCE_STREAM) {
        source->fd = fd;
        source->stream = stream;
        return;
    }
    text_stream_close(stream);
    close(fd);
}

int
source_prepare(struct source *source, const struct source_options *options,
               struct wattle_error *error)
{
    if (source->problem != NULL || source->kind == SOURCE_ROWS ||
        source->is_prepared)
        return WATTLE_OK;
    source->is_prepared = true;
    source->window_log = options->window_log;
    char text[256];
    struct stat info;
    struct text_stream *stream = NULL;
    int status = WATTLE_OK;
    int fd = open_path(source);
    if (fd < 0 || fstat(fd, &info) != 0) {
        snprintf(text, sizeof(text), "cannot open it: %s", strerror(errno));
        source_set_problem(source, text);
        if (fd > STDIN_FILENO)
            close(fd);
        return WATTLE_OK;
    }
    if (source->kind == SOURCE_STREAM || note_file(source, &info))
        status = read_start(source, fd, &stream, error);
    if (status == WATTLE_OK && source->problem == NULL)
        note_head(source, options);
    keep_stream(source, fd, stream);
    source->is_opened = status == WATTLE_OK && source->problem == NULL;
    return status;
}

void
source_set_recognition(struct source *source, struct recognition *recognition,
                       void (*release)(struct recognition *recognition))
{
    source->recognition = recognition;
    source->release_recognition = release;
    source->is_usable = source->problem == NULL;
}

void
source_drop_head(struct source *source)
{
    if (source->kind == SOURCE_STREAM)
        return;
    free(source->head);
    source->head = NULL;
}

void
source_skip(struct source *source, uint64_t bytes, uint64_t lines)
{
    source->known_bytes = bytes;
    source->data_offset = bytes;
    source->header_lines = lines;
}
