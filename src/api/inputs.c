/*
 * inputs.c - files, folders, rows and device tables, in the order given; and
 * the file of rejects, which must be none of them.
 *
 * Reports and imports share it. Device tables are remembered by device and
 * inode when they are read; files of readings are compared when the file of
 * rejects is opened. So rejects are never written over an input, nor over the
 * database. The trace has a check of its own (trace_api.c).
 */
#include "api/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api_check.h"
#include "api/batch_input.h"
#include "base/buffer.h"
#include "base/civil_time.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/pointer_list.h"
#include "base/kept_file.h"
#include "formats/device_file.h"
#include "formats/format.h"
#include "wattle/report.h"

#define MAX_THREADS 1024

int
inputs_check(const struct scan_options *o, struct wattle_error *error)
{
    const struct api_number numbers[] = {
        {"n_threads", o->n_threads, MAX_THREADS},
        {"value_kind", o->value_kind, WATTLE_VALUE_COUNTER_KWH},
    };
    int status =
        api_check_numbers(numbers, sizeof(numbers) / sizeof(numbers[0]), error);
    if (status != WATTLE_OK)
        return status;
    if (o->zstd_window_log != 0 &&
        (o->zstd_window_log < 10 || o->zstd_window_log > 31))
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option zstd_window_log must be 0, or 10 to 31");
    return WATTLE_OK;
}

/* Remembers a file that is read, so that nothing is written over it. */
static int
note_input(struct inputs *in, const struct stat *info)
{
    struct inputs_file *grown = buffer_grow_array(
        in->files, &in->file_cap, in->n_files + 1, sizeof(*grown));
    if (grown == NULL)
        return WATTLE_ERR_MEMORY;
    in->files = grown;
    in->files[in->n_files++] = (struct inputs_file){info->st_dev, info->st_ino};
    return WATTLE_OK;
}

int
inputs_note(struct inputs *in, const char *path, struct wattle_error *error)
{
    struct stat info;
    if (stat(path, &info) == 0 && note_input(in, &info) != WATTLE_OK)
        return error_memory(error);
    return WATTLE_OK;
}

/* Reads a device table. */
static int
read_table(struct inputs *in, const char *path, struct wattle_error *error)
{
    int status = inputs_note(in, path, error);
    if (status != WATTLE_OK)
        return status;
    return device_file_read(&in->table, path, error);
}

/* A kept_file_check: what is read, and the database. */
static const char *
find_conflict(const void *context, const struct stat *mine)
{
    const struct inputs *in = context;
    struct stat other;
    for (size_t i = 0; i < in->n_files; i++) {
        if (in->files[i].device == mine->st_dev &&
            in->files[i].inode == mine->st_ino)
            return "an input";
    }
    for (size_t i = 0; i < in->sources.n && S_ISREG(mine->st_mode); i++) {
        const struct source *source = &in->sources.sources[i];
        bool is_stdin = strcmp(source->path, "-") == 0;
        int status =
            is_stdin ? fstat(STDIN_FILENO, &other) : stat(source->path, &other);
        if (source->kind != SOURCE_ROWS && status == 0 &&
            mine->st_dev == other.st_dev && mine->st_ino == other.st_ino)
            return "an input";
    }
    return in->database != NULL ? kept_file_of_database(in->database, mine)
                                : NULL;
}

#define REJECTS_HEADER "file,line,reason,raw\n"

int
inputs_open_rejects(struct inputs *in, struct wattle_error *error)
{
    static const struct kept_kind kind = {"rejects", REJECTS_HEADER};
    const char *path = in->rejects_path;
    if (path == NULL)
        return WATTLE_OK;
    int fd = kept_file_open(path, &kind, find_conflict, in, error);
    if (fd < 0)
        return fd;
    int status = kept_file_clear(fd, path, &kind, error);
    if (status != WATTLE_OK) {
        close(fd);
        return status;
    }
    const struct wattle_writer to = text_out_to_fd(fd);
    in->has_rejects = true;
    in->rejects_fd = fd;
    text_out_init(&in->rejects_out, &to);
    text_out_text(&in->rejects_out, REJECTS_HEADER);
    return WATTLE_OK;
}

/*
 * Reads the devices.csv of a folder when there is one. A table that was not
 * asked for must not stop the run: a broken one is listed as skipped.
 */
static int
read_table_in(struct inputs *in, const char *folder, size_t len,
              struct wattle_error *error)
{
    struct buffer path = {0};
    struct wattle_error why;
    struct stat info;
    int status = buffer_append(&path, folder, len);
    if (status == WATTLE_OK)
        status = buffer_append(&path, "devices.csv", sizeof("devices.csv"));
    if (status == WATTLE_OK && stat(path.data, &info) == 0 &&
        !S_ISREG(info.st_mode)) { /* to open a pipe may take for ever */
        status = source_list_add_broken(
            &in->sources, path.data,
            "is not a regular file; --devices reads it all the same");
    } else if (status == WATTLE_OK && access(path.data, F_OK) == 0) {
        status = read_table(in, path.data, &why);
        if (status != WATTLE_OK && status != WATTLE_ERR_MEMORY)
            status =
                source_list_add_broken(&in->sources, path.data, why.message);
    }
    buffer_release(&path);
    return status == WATTLE_OK ? status : error_memory(error);
}

/* Device tables beside the readings that were just added. */
static int
read_tables(struct inputs *in, size_t first, struct wattle_error *error)
{
    const char *last = NULL;
    size_t last_len = 0;
    if (in->devices_path != NULL)
        return WATTLE_OK;
    size_t n = in->sources.n;
    for (size_t i = first; i < n; i++) {
        const struct source *source = &in->sources.sources[i];
        const char *slash = strrchr(source->path, '/');
        size_t len = slash != NULL ? (size_t)(slash - source->path) + 1 : 0;
        if (source->kind != SOURCE_PLAIN ||
            (last != NULL && len == last_len &&
             memcmp(last, source->path, len) == 0))
            continue;
        int status = read_table_in(in, source->path, len, error);
        if (status != WATTLE_OK)
            return status;
        last = in->sources.sources[i].path;
        last_len = len;
    }
    return WATTLE_OK;
}

int
inputs_open(struct inputs *in, const char *devices_path,
            const char *rejects_path, struct wattle_error *error)
{
    *in = (struct inputs){.devices_path = devices_path,
                          .rejects_path = rejects_path};
    registry_init(&in->caller_devices);
    device_table_init(&in->table);
    return in->devices_path != NULL ? read_table(in, in->devices_path, error)
                                    : WATTLE_OK;
}

void
inputs_release(struct inputs *in)
{
    if (in->has_rejects)
        close(in->rejects_fd);
    free(in->files);
    source_list_release(&in->sources);
    registry_release(&in->caller_devices);
    device_table_release(&in->table);
}

int
inputs_add_path(struct inputs *in, const char *path, struct wattle_error *error)
{
    static const struct source_names names = {formats_take_name, FORMATS_NAMES};
    size_t first = in->sources.n;
    if (path == NULL)
        return error_null(error, "path");
    int status = source_list_add_path(&in->sources, path, &names, error);
    in->has_paths = true;
    if (status == WATTLE_OK)
        status = read_tables(in, first, error);
    return status;
}

int
inputs_device(struct inputs *in, const char *id, size_t len, uint32_t *number,
              struct wattle_error *error)
{
    int status = api_check_id(id, len, error);
    if (status != WATTLE_OK)
        return status;
    *number = registry_add_any(&in->caller_devices, id, len);
    return api_check_device(*number, error);
}

/* A batch_input_take. */
static int
store_piece(void *context, const struct batch_view *piece,
            struct wattle_error *error)
{
    return row_store_add(context, piece, error);
}

static int
add_rows(struct inputs *in, struct batch_input *input,
         struct wattle_error *error)
{
    struct row_store *rows = source_list_rows(&in->sources);
    if (rows == NULL)
        return error_memory(error);
    return batch_input_each(input, store_piece, rows, error);
}

int
inputs_add_batch(struct inputs *in, const struct wattle_batch *batch,
                 struct wattle_error *error)
{
    struct batch_input *input = malloc(sizeof(*input));
    if (input == NULL)
        return error_memory(error);
    int status =
        batch_input_open(input, batch, in->caller_devices.n_devices, error);
    if (status == WATTLE_OK)
        status = add_rows(in, input, error);
    free(input);
    return status;
}

int
inputs_write_reject(void *context, const struct scan_reject *reject,
                    const char *raw, size_t raw_len, struct wattle_error *error)
{
    struct inputs *in = context;
    (void)error;
    struct text_out *out = &in->rejects_out;
    const char *path = in->sources.sources[reject->source].path;
    text_out_csv(out, path, strlen(path));
    text_out_byte(out, ',');
    text_out_count(out, reject->line);
    text_out_byte(out, ',');
    text_out_text(out, wattle_reason_text(reject->reason));
    text_out_byte(out, ',');
    text_out_csv(out, raw, raw_len);
    text_out_byte(out, '\n');
    return WATTLE_OK;
}

int
inputs_close_rejects(struct inputs *in, struct wattle_error *error)
{
    if (!in->has_rejects)
        return WATTLE_OK;
    bool is_written = text_out_finish(&in->rejects_out) == WATTLE_OK;
    in->has_rejects = false;
    if (close(in->rejects_fd) != 0 || !is_written)
        return error_set_at(error, WATTLE_ERR_IO, in->rejects_path, 0,
                            "cannot write the rejects: %s", strerror(errno));
    return WATTLE_OK;
}

int
inputs_list(const struct inputs *in, const struct scan_rejects *rejects,
            struct inputs_lists *lists)
{
    const struct source_list *list = &in->sources;
    lists->rejects = calloc(REJECT_LOG_FIRST, sizeof(*lists->rejects));
    lists->skipped = calloc(list->n + 1, sizeof(*lists->skipped));
    if (lists->rejects == NULL || lists->skipped == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = 0; i < rejects->n_first; i++) {
        const struct scan_reject *r = &rejects->first[i];
        lists->rejects[i] = (struct wattle_reject){
            list->sources[r->source].path, r->line, r->reason};
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct source *source = &list->sources[i];
        lists->n_files += source->is_usable ? 1 : 0;
        if (source->is_usable && source->is_value_assumed &&
            lists->n_assumed++ == 0)
            lists->first_assumed = source->path;
        if (source->problem != NULL)
            lists->skipped[lists->n_skipped++] =
                (struct wattle_skipped_file){source->path, source->problem};
    }
    lists->reject_list = pointer_list_new(lists->rejects, rejects->n_first,
                                          sizeof(*lists->rejects));
    lists->skipped_list = pointer_list_new(lists->skipped, lists->n_skipped,
                                           sizeof(*lists->skipped));
    return lists->reject_list != NULL && lists->skipped_list != NULL
               ? WATTLE_OK
               : WATTLE_ERR_MEMORY;
}

void
inputs_lists_release(struct inputs_lists *lists)
{
    free(lists->rejects);
    free(lists->skipped);
    free(lists->reject_list);
    free(lists->skipped_list);
}
