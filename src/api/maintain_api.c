/*
 * maintain_api.c - checks, copies, exports and overviews of a database.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api_check.h"
#include "base/cores.h"
#include "base/error.h"
#include "base/kept_file.h"
#include "base/pointer_list.h"
#include "base/sized_struct.h"
#include "model/device_table.h"
#include "model/registry.h"
#include "report/readings_csv.h"
#include "store/catalog.h"
#include "store/backup.h"
#include "store/checkpoint.h"
#include "store/database_open.h"
#include "store/device_scan.h"
#include "store/import_merge.h"
#include "store/database_stats.h"
#include "store/meta.h"
#include "store/query_devices.h"
#include "store/salvage.h"
#include "store/tables.h"
#include "store/write_lock.h"
#include "store/verify.h"
#include "wattle/maintain.h"

/* A database with its devices. */
struct opened {
    struct database db;
    struct registry devices;
    struct device_table table;
};

static void
close_all(struct opened *o)
{
    registry_release(&o->devices);
    device_table_release(&o->table);
    database_close(&o->db);
}

static int
open_all(struct opened *o, const char *path, struct wattle_error *error)
{
    *o = (struct opened){0};
    registry_init(&o->devices);
    device_table_init(&o->table);
    int status = database_open(&o->db, path, DATABASE_READ, error);
    if (status == WATTLE_OK)
        status = catalog_read_devices(&o->db, &o->devices, &o->table, error);
    if (status != WATTLE_OK)
        close_all(o);
    return status;
}

/* From the store's numbers of devices to ids. */
struct relay {
    struct database *db;
    wattle_check_found found;
    void *context;
};

static void
relay_problem(void *context, int64_t device, int64_t first_ms, int64_t last_ms,
              const char *text)
{
    const struct relay *r = context;
    struct wattle_check_problem problem = {NULL, first_ms, last_ms, text};
    sqlite3_stmt *row = NULL;
    if (r->found == NULL)
        return;
    if (device >= 0)
        row = database_prepare(
            r->db, "SELECT device_id FROM device WHERE number = ?1", NULL);
    sqlite3_bind_int64(row, 1, device);
    if (row != NULL && sqlite3_step(row) == SQLITE_ROW)
        problem.device_id = (const char *)sqlite3_column_text(row, 0);
    r->found(r->context, &problem);
    sqlite3_finalize(row);
}

/* Gives a result to a caller who knows all of its members, or fewer. */
static void
give_result(struct wattle_check_result *to, const struct wattle_check_result *r)
{
    size_t size = to->size < sizeof(*r) ? to->size : sizeof(*r);
    if (size > sizeof(size))
        memcpy((char *)to + sizeof(size), (const char *)r + sizeof(size),
               size - sizeof(size));
}

static void
set_result(struct wattle_check_result *result, const struct verify_result *v,
           struct database *db)
{
    int64_t n_devices = 0, n_files = 0, n_rejects = 0;
    if (result == NULL)
        return;
    database_number(db, "SELECT count(*) FROM device", &n_devices, NULL);
    database_number(db, "SELECT count(*) FROM file", &n_files, NULL);
    database_number(db, "SELECT sum(n_rejects) FROM file", &n_rejects, NULL);
    const struct wattle_check_result found = {
        .n_devices = (uint64_t)n_devices,
        .n_chunks = v->n_chunks,
        .n_readings = v->n_readings,
        .n_problems = v->n_problems,
        .n_lost = v->n_lost,
        .n_files = (uint64_t)n_files,
        .n_rejects = (uint64_t)n_rejects,
        .n_unnamed_devices = v->n_unnamed_devices,
    };
    give_result(result, &found);
}

int
wattle_database_check(const char *path,
                      const struct wattle_database_options *given,
                      wattle_check_found found, void *context,
                      struct wattle_check_result *result,
                      struct wattle_error *error)
{
    struct database db;
    struct verify_result verified;
    struct wattle_database_options options = WATTLE_DATABASE_OPTIONS_INIT;
    if (result != NULL)
        give_result(result, &(struct wattle_check_result){0});
    if (path == NULL)
        return error_null(error, "path");
    int status = sized_struct_take(&options, sizeof(options), given, error);
    if (status != WATTLE_OK)
        return status;
    status = database_open(&db, path, DATABASE_READ, error);
    if (status == WATTLE_ERR_FORMAT && database_is_empty(path))
        return error_end(error, WATTLE_OK);
    if (status != WATTLE_OK)
        return status;
    database_set_cancel(&db, options.cancel);
    struct relay relay = {&db, found, context};
    status = verify_database(&db, relay_problem, &relay, &verified, error);
    set_result(result, &verified, &db);
    database_close(&db);
    return error_end(error, status);
}

int
wattle_database_salvage(const char *path, const char *out,
                        const struct wattle_database_options *given,
                        struct wattle_check_result *result,
                        struct wattle_error *error)
{
    struct database from, to;
    struct verify_result verified;
    const struct database_way way = {.mode = DATABASE_READ,
                                     .format = &tables_format,
                                     .busy_ms = DATABASE_BUSY_MS,
                                     .is_salvage = true};
    struct new_file file;
    struct wattle_database_options options = WATTLE_DATABASE_OPTIONS_INIT;
    if (path == NULL || out == NULL)
        return error_null(error, path == NULL ? "path" : "out");
    int status = sized_struct_take(&options, sizeof(options), given, error);
    if (status == WATTLE_OK)
        status = database_refuse_left_log(out, error);
    if (status == WATTLE_OK)
        status = database_open_as(&from, path, &way, error);
    if (status != WATTLE_OK)
        return status;
    database_set_cancel(&from, options.cancel);
    status = new_file_begin(&file, out, new_file_mode_of(path), error);
    if (status == WATTLE_OK) {
        status = database_open(&to, file.part, DATABASE_CREATE, error);
        if (status == WATTLE_OK) {
            database_set_cancel(&to, options.cancel);
            status = salvage_database(&from, &to, &verified, error);
            set_result(result, &verified, &to);
            database_close(&to);
        }
        if (status == WATTLE_OK)
            status = new_file_commit(&file, error);
        else
            new_file_abandon(&file);
    }
    database_close(&from);
    return error_end(error, status);
}

int
wattle_database_backup(const char *path, const char *out,
                       const struct wattle_database_options *given,
                       struct wattle_error *error)
{
    struct database db;
    struct wattle_database_options options = WATTLE_DATABASE_OPTIONS_INIT;
    if (path == NULL || out == NULL)
        return error_null(error, path == NULL ? "path" : "out");
    int status = sized_struct_take(&options, sizeof(options), given, error);
    if (status == WATTLE_OK)
        status = database_open(&db, path, DATABASE_READ, error);
    if (status != WATTLE_OK)
        return status;
    database_set_cancel(&db, options.cancel);
    status = backup_make(&db, out, error);
    database_close(&db);
    return error_end(error, status);
}

static int
merge_loose(struct database *db, const char *path, struct wattle_error *error)
{
    int64_t n_devices = 0;
    struct merge_counts counts = {0};
    int status =
        database_number(db, "SELECT count(*) FROM device", &n_devices, error);
    const struct import_merge job = {
        .db = db,
        .readers_path = path,
        .kernels = kernels_for(0),
        .n_threads = (int)cores_available(),
        .n_devices = (uint32_t)n_devices,
        .compacts = true,
        .imported_at = "",
    };
    return status == WATTLE_OK ? import_merge_run(&job, &counts, error)
                               : status;
}

int
wattle_database_compact(const char *path,
                        const struct wattle_database_options *given,
                        struct wattle_error *error)
{
    struct database db;
    struct wattle_database_options options = WATTLE_DATABASE_OPTIONS_INIT;
    if (path == NULL)
        return error_null(error, "path");
    int status = sized_struct_take(&options, sizeof(options), given, error);
    if (status != WATTLE_OK)
        return status;
    const struct write_lock_wait wait = {.ms = options.wait_ms,
                                         .cancel = options.cancel};
    status = write_lock_open(&db, path, DATABASE_WRITE, &wait, error);
    if (status != WATTLE_OK)
        return status;
    status = merge_loose(&db, path, error);
    if (status == WATTLE_OK)
        status = meta_note_change(&db, error);
    if (status == WATTLE_OK)
        status = database_run(&db, "COMMIT", error);
    if (status == WATTLE_OK)
        status = checkpoint_vacuum(&db, error);
    if (!sqlite3_get_autocommit(db.handle))
        database_run(&db, "ROLLBACK", NULL);
    database_close(&db);
    return error_end(error, status);
}

struct export
{
    struct database db;
    struct wattle_export_options options;
    struct selection selection; /* of them */
    struct query_devices wanted;
    struct device_scan *scan;
    struct text_out out;
    unsigned columns; /* that any reading has */
    bool has_gaps;    /* not all have the same */
    uint64_t n_readings;
    struct wattle_error *error;
};

/* Does something with every batch of a device. */
typedef void (*export_take)(struct export *e, const char *id,
                            const struct batch_view *batch);

static int
scan_device(struct export *e, const struct query_device *device,
            export_take take)
{
    const struct device_scan_range range = {
        .device = device->number,
        .since_ms = e->selection.since_ms,
        .until_ms = e->selection.until_ms,
        .columns = (1u << MEASURE_N) - 1,
    };
    int status = e->scan != NULL
                     ? device_scan_restart(e->scan, &range, e->error)
                     : device_scan_open(&e->scan, &e->db, &range, e->error);
    while (status == WATTLE_OK) {
        struct batch_view batch;
        status = device_scan_next(e->scan, &batch, e->error);
        if (status != WATTLE_OK || batch.n_rows == 0)
            break;
        take(e, device->id, &batch);
    }
    return status;
}

static int
scan_all(struct export *e, export_take take)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < e->wanted.n && status == WATTLE_OK; i++)
        status = scan_device(e, &e->wanted.items[i], take);
    return status;
}

/* Which columns there are decides the header. */
static void
note_columns(struct export *e, const char *id, const struct batch_view *batch)
{
    (void)id;
    unsigned columns = 0;
    for (int c = 0; c < MEASURE_N; c++)
        columns |= batch->columns[c] != NULL ? 1u << c : 0;
    unsigned any = columns, all = columns;
    for (size_t i = 0; batch->presence != NULL && i < batch->n_rows; i++) {
        any = (i > 0 ? any : 0) | (columns & batch->presence[i]);
        all &= batch->presence[i];
    }
    e->has_gaps =
        e->has_gaps || any != all || (e->columns != 0 && any != e->columns);
    e->columns |= any;
}

static void
write_rows(struct export *e, const char *id, const struct batch_view *batch)
{
    readings_csv_rows(&e->out, e->columns, e->has_gaps, id, batch);
    e->n_readings += batch->n_rows;
}

static int
choose_devices(struct export *e)
{
    const struct selection *selection = &e->selection;
    int status = api_check_globs(selection->device_globs,
                                 selection->n_device_globs, e->error);
    return status == WATTLE_OK
               ? query_devices_find(&e->wanted, &e->db, selection, e->error)
               : status;
}

static int
run_export(struct export *e)
{
    /* one state for both scans */
    int status = database_run(&e->db, "BEGIN", e->error);
    if (status == WATTLE_OK)
        status = choose_devices(e);
    if (status == WATTLE_OK)
        status = scan_all(e, note_columns);
    if (status != WATTLE_OK)
        return status;
    if (e->columns == 0)
        e->columns = 1u << WATTLE_POWER;
    readings_csv_header(&e->out, e->columns, e->has_gaps);
    status = scan_all(e, write_rows);
    if (text_out_finish(&e->out) != WATTLE_OK && status == WATTLE_OK)
        status = error_set(e->error, WATTLE_ERR_IO, "cannot write: %s",
                           strerror(errno));
    return status;
}

int
wattle_database_export(const char *path,
                       const struct wattle_export_options *options,
                       const struct wattle_writer *out, uint64_t *n_readings,
                       struct wattle_error *error)
{
    if (path == NULL || out == NULL)
        return error_null(error, path == NULL ? "path" : "out");
    struct export *e = calloc(1, sizeof(*e));
    if (e == NULL)
        return error_memory(error);
    wattle_export_options_init(&e->options);
    e->error = error;
    text_out_init(&e->out, out);
    int status =
        sized_struct_take(&e->options, sizeof(e->options), options, error);
    e->selection = (struct selection){
        .device_globs = e->options.device_globs,
        .n_device_globs = e->options.n_device_globs,
    };
    selection_set_range(&e->selection, e->options.since_ms,
                        e->options.until_ms);
    if (status == WATTLE_OK)
        status = database_open(&e->db, path, DATABASE_READ, error);
    if (status == WATTLE_OK) {
        database_set_cancel(&e->db, e->options.cancel);
        status = catalog_check_devices(&e->db, error);
        if (status == WATTLE_OK)
            status = run_export(e);
        device_scan_close(e->scan);
        database_close(&e->db);
    }
    if (n_readings != NULL)
        *n_readings = e->n_readings;
    query_devices_release(&e->wanted);
    free(e);
    return error_end(error, status);
}

int
wattle_database_export_file(const char *path,
                            const struct wattle_export_options *options,
                            const char *out, uint64_t *n_readings,
                            struct wattle_error *error)
{
    struct new_file file;
    if (path == NULL || out == NULL)
        return error_null(error, path == NULL ? "path" : "out");
    int status = new_file_begin(&file, out, new_file_mode_of(path), error);
    if (status != WATTLE_OK)
        return status;
    const struct wattle_writer to = text_out_to_fd(file.fd);
    status = wattle_database_export(path, options, &to, n_readings, error);
    if (status == WATTLE_ERR_IO && error != NULL && error->path[0] == '\0')
        snprintf(error->path, sizeof(error->path), "%s", out);
    if (status == WATTLE_OK)
        return new_file_commit(&file, error);
    new_file_abandon(&file);
    return status;
}

/* The public part comes first, so that it can be freed by it. */
struct info {
    struct wattle_info public;
    struct opened opened;
    struct wattle_info_device *devices;
    const struct wattle_info_device **device_list;
};

static int
compare_devices(const void *a, const void *b)
{
    const struct wattle_info_device *x = a, *y = b;
    return strcmp(x->id, y->id);
}

static void
name_devices(struct info *info)
{
    const struct registry *ids = &info->opened.devices;
    for (uint32_t i = 0; i < ids->n_devices; i++) {
        const char *id = registry_id(ids, i);
        const struct device_info *known =
            device_table_find(&info->opened.table, id);
        info->devices[i].id = id;
        info->devices[i].name = known != NULL ? known->name : NULL;
        info->devices[i].location = known != NULL ? known->location : NULL;
    }
    qsort(info->devices, ids->n_devices, sizeof(*info->devices),
          compare_devices);
    info->device_list =
        pointer_list_new(info->devices, ids->n_devices, sizeof(*info->devices));
    info->public.devices = info->device_list;
    info->public.n_devices = ids->n_devices;
}

int
wattle_database_info(const char *path, struct wattle_info **out,
                     struct wattle_error *error)
{
    *out = NULL;
    if (path == NULL)
        return error_null(error, "path");
    struct info *info = calloc(1, sizeof(*info));
    if (info == NULL)
        return error_memory(error);
    int status = open_all(&info->opened, path, error);
    if (status != WATTLE_OK) {
        free(info);
        return status;
    }
    uint32_t n = info->opened.devices.n_devices;
    info->devices = calloc((size_t)n + 1, sizeof(*info->devices));
    if (info->devices == NULL)
        status = error_memory(error);
    else
        status = database_stats_read(&info->opened.db, &info->public,
                                     info->devices, n, error);
    if (status != WATTLE_OK) {
        wattle_info_free(&info->public);
        return status;
    }
    name_devices(info);
    if (info->device_list == NULL) {
        wattle_info_free(&info->public);
        return error_memory(error);
    }
    *out = &info->public;
    return error_end(error, WATTLE_OK);
}

void
wattle_info_free(struct wattle_info *public)
{
    struct info *info = (struct info *)(void *)public;
    if (info == NULL)
        return;
    close_all(&info->opened);
    free(info->devices);
    free(info->device_list);
    free(info);
}
