/*
 * source.c - paths to sources, and what is learned from a file's head.
 */
#include "ingest/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "ingest/record_parser.h"

#define HEAD_BYTES ((size_t)65536)

void
source_set_problem(struct source *source, const char *text)
{
    if (source->problem == NULL)
        source->problem = strdup(text);
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

static int
is_wanted(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return name[0] != '.' && !source_is_device_table(name) &&
           (ends_with(name, ".csv") || ends_with(name, ".csv.gz") ||
            ends_with(name, ".csv.zst"));
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
        source_set_problem(source, "is no regular file; name it to read it");
out:
    buffer_release(&path);
    return status;
}

static int
add_folder(struct source_list *list, const char *path,
           struct wattle_error *error)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_wanted, compare_names);
    int status = WATTLE_OK;
    if (n < 0)
        return error_set_at(error, WATTLE_ERR_IO, path, 0,
                            "cannot read the folder: %s", strerror(errno));
    for (int i = 0; i < n; i++) {
        if (status == WATTLE_OK)
            status = add_entry(list, path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (n == 0) {
        struct source *source = append(list, path, SOURCE_PLAIN);
        if (source == NULL)
            return error_memory(error);
        source_set_problem(source,
                           "holds no *.csv, *.csv.gz or *.csv.zst file");
    }
    return status == WATTLE_OK ? status : error_memory(error);
}

int
source_list_add_path(struct source_list *list, const char *path,
                     struct wattle_error *error)
{
    struct stat info;
    if (strcmp(path, "-") == 0)
        return append(list, path, SOURCE_STREAM) != NULL ? WATTLE_OK
                                                         : error_memory(error);
    if (stat(path, &info) != 0)
        return error_set_at(error, WATTLE_ERR_IO, path, 0, "%s",
                            errno == ENOENT ? "no such file or folder"
                                            : strerror(errno));
    if (S_ISDIR(info.st_mode))
        return add_folder(list, path, error);
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
                     const char *problem)
{
    struct source *source = append(list, path, SOURCE_PLAIN);
    if (source == NULL)
        return WATTLE_ERR_MEMORY;
    if (problem != NULL)
        source_set_problem(source, problem);
    source->is_usable = is_usable;
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

static void
release_source(struct source *source)
{
    byte_feed_close(source->stream);
    if (source->fd > STDIN_FILENO)
        close(source->fd);
    stream_copy_free(source->copy);
    row_store_free(source->rows);
    schema_release(&source->schema);
    free(source->head);
    free(source->problem);
    free(source->path);
}

void
source_list_drop(struct source_list *list, size_t at)
{
    release_source(&list->sources[at]);
    list->n--;
    for (; at < list->n; at++)
        list->sources[at] = list->sources[at + 1];
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
read_head(struct source *source, struct byte_feed *feed,
          struct wattle_error *error)
{
    source->head = malloc(HEAD_BYTES);
    if (source->head == NULL)
        return error_memory(error);
    while (source->head_len < HEAD_BYTES) {
        size_t n = 0;
        int status = byte_feed_read(feed, source->head + source->head_len,
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
 * or cannot be read: then read_head has the say.
 */
static bool
read_plain_head(struct source *source, int fd)
{
    ssize_t n = -1;
    source->head = malloc(HEAD_BYTES);
    if (source->head != NULL)
        n = pread(fd, source->head, HEAD_BYTES, 0);
    bool is_plain = n >= 0 && (n < 4 || !byte_feed_is_packed(source->head, 4));
    if (is_plain &&
        (n == (ssize_t)HEAD_BYTES || (uint64_t)n == source->size_bytes)) {
        source->head_len = (size_t)n;
        return true;
    }
    free(source->head);
    source->head = NULL;
    return false;
}

static bool
starts_with(const struct source *source, const char *bytes, size_t len)
{
    return source->head_len >= len && memcmp(source->head, bytes, len) == 0;
}

static const char *
text_problem(const struct source *source)
{
    if (starts_with(source, "\xff\xfe", 2) ||
        starts_with(source, "\xfe\xff", 2))
        return "is UTF-16; save it as UTF-8";
    if (starts_with(source, "SQLite format 3", 15))
        return "is a SQLite database, not CSV";
    if (memchr(source->head, '\0', source->head_len) != NULL)
        return "is not text (it holds zero bytes)";
    if (source->head_len == 0)
        return "is empty";
    return NULL;
}

/* A header with one column that other separators would split. */
static const char *
separator_hint(const struct source *source)
{
    const uint8_t *end = memchr(source->head, '\n', source->head_len);
    size_t len = end != NULL ? (size_t)(end - source->head) : source->head_len;
    if (memchr(source->head, ',', len) != NULL)
        return "";
    if (memchr(source->head, ';', len) != NULL)
        return " (its fields seem to be separated by ';')";
    if (memchr(source->head, '\t', len) != NULL)
        return " (its fields seem to be separated by tabs)";
    return "";
}

static void
add_name(void *names, const char *text, size_t len)
{
    schema_builder_add(names, text, len);
}

/* Finds the header line in the head and what its columns are. */
static int
read_header(struct source *source, int value_kind, struct wattle_error *error)
{
    struct record_parser *parser = calloc(1, sizeof(*parser));
    struct schema_builder names;
    if (parser == NULL)
        return error_memory(error);
    schema_builder_init(&names);
    record_parser_init_visit(parser, add_name, &names);
    size_t at = starts_with(source, "\xef\xbb\xbf", 3) ? 3 : 0;
    bool done = true;
    while (parser->is_empty && done) {
        record_parser_reset(parser);
        at += record_parser_feed(parser, source->head + at,
                                 source->head_len - at, &done);
        source->header_lines += parser->n_newlines;
    }
    bool whole =
        done || (source->head_len < HEAD_BYTES && record_parser_finish(parser));
    free(parser);
    source->data_offset = at;
    struct wattle_error why;
    int status =
        schema_builder_finish(&names, value_kind, &source->schema, &why);
    if (status == WATTLE_ERR_MEMORY)
        return error_memory(error);
    char text[640];
    if (!whole)
        source_set_problem(source,
                           source->head_len < HEAD_BYTES
                               ? "no usable header line (a quote is open)"
                               : "no usable header line in its first 64 KiB");
    if (status != WATTLE_OK) {
        snprintf(text, sizeof(text), "%s%s", why.message,
                 separator_hint(source));
        source_set_problem(source, text);
    }
    return WATTLE_OK;
}

static int
open_source(struct source *source)
{
    if (strcmp(source->path, "-") == 0)
        return STDIN_FILENO;
    return open(source->path, O_RDONLY | O_CLOEXEC);
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

int
source_prepare(struct source *source, int value_kind,
               struct wattle_error *error)
{
    if (source->problem != NULL || source->kind == SOURCE_ROWS ||
        source->is_prepared)
        return WATTLE_OK;
    source->is_prepared = true;
    char text[256];
    struct stat info;
    int fd = open_source(source);
    if (fd < 0 || fstat(fd, &info) != 0) {
        snprintf(text, sizeof(text), "cannot open it: %s", strerror(errno));
        source_set_problem(source, text);
        if (fd > STDIN_FILENO)
            close(fd);
        return WATTLE_OK;
    }
    bool is_file = source->kind == SOURCE_PLAIN;
    source->size_bytes = is_file ? (uint64_t)info.st_size : 0;
    struct wattle_error why = {0};
    struct byte_feed *feed = NULL;
    int status = WATTLE_OK;
    if (!is_file || !read_plain_head(source, fd)) {
        feed = byte_feed_open(fd, is_file, 0, source->path, &why);
        status = feed != NULL ? read_head(source, feed, &why) : why.code;
        status = settle(source, status, &why, error);
    }
    uint8_t first[4] = {0};
    if (is_file && feed != NULL && pread(fd, first, 4, 0) == 4 &&
        byte_feed_is_packed(first, 4))
        source->kind = SOURCE_PACKED;
    if (status == WATTLE_OK && source->problem == NULL) {
        const char *problem = text_problem(source);
        if (problem != NULL)
            source_set_problem(source, problem);
        else
            status = read_header(source, value_kind, error);
    }
    if (source->kind == SOURCE_STREAM) {
        source->fd = fd;
        source->stream = feed;
    } else {
        byte_feed_close(feed);
        close(fd);
        free(source->head);
        source->head = NULL;
    }
    source->is_usable = source->problem == NULL;
    return status;
}

void
source_skip(struct source *source, uint64_t bytes, uint64_t lines)
{
    source->known_bytes = bytes;
    source->data_offset = bytes;
    source->header_lines = lines;
}
