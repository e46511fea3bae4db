/*
 * maintain_api.c - checks, copies, exports and overviews of a database.
 *
 * They work on paths, not on an open database: most of them need a connection
 * that nobody else uses, or write another file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api_check.h"
#include "base/cores.h"
#include "base/zone.h"
#include "base/error.h"
#include "base/kept_file.h"
#include "base/pointer_list.h"
#include "base/sized_struct.h"
#include "model/device_table.h"
#include "model/registry.h"
#include "output/text_out.h"
#include "run/export.h"
#include "store/catalog.h"
#include "store/backup.h"
#include "store/checkpoint.h"
#include "store/database_open.h"
#include "store/import_merge.h"
#include "store/database_stats.h"
#include "store/meta.h"
#include "store/metered.h"
#include "store/salvage.h"
#include "store/store_backend.h"
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
struct problem_taker {
    struct database *db;
    wattle_check_found found;
    void *context;
};

static void
take_problem(void *context, int64_t device, int64_t first_ms, int64_t last_ms,
             const char *text)
{
    const struct problem_taker *r = context;
    struct wattle_check_problem problem = {NULL, first_ms, last_ms, text};
    if (r->found == NULL)
        return;
    char *id = device >= 0 ? catalog_device_id(r->db, device) : NULL;
    problem.device_id = id;
    r->found(r->context, &problem);
    free(id);
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
    catalog_count_read_devices(db, &n_devices, NULL);
    catalog_count_files(db, &n_files, &n_rejects, NULL);
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
    bool is_empty = false;
    if (status == WATTLE_ERR_FORMAT &&
        database_is_empty(path, &is_empty, error) == WATTLE_OK && is_empty)
        return error_end(error, WATTLE_OK);
    if (status != WATTLE_OK)
        return status;
    database_set_cancel(&db, options.cancel);
    struct problem_taker taker = {&db, found, context};
    status = verify_database(&db, take_problem, &taker, &verified, error);
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
    const struct database_open_options how = {.mode = DATABASE_READ,
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
        status = database_open_as(&from, path, &how, error);
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

/* Begins with hours and days of another zone. */
static int
change_zone(struct database *db, const struct wattle_zone *zone,
            struct wattle_error *error)
{
    const int status = meta_set_zone(db, wattle_zone_name(zone), error);
    return status == WATTLE_OK
               ? database_run(db, "DELETE FROM main.rollup", error)
               : status;
}

/* Whether all chunks are to be built anew. */
static int
is_to_be_rewritten(struct database *db, const struct wattle_zone *zone,
                   bool *is_it, struct wattle_error *error)
{
    struct metered metered = {0};
    int status = metered_read(&metered, db, error);
    *is_it = !metered.is_known;
    metered_release(&metered);
    if (status == WATTLE_OK && zone != NULL && !zone_is_same(zone, db->zone)) {
        *is_it = true;
        status = change_zone(db, zone, error);
    }
    return status;
}

static int
merge_loose(struct database *db, const char *path, bool rewrites,
            struct wattle_error *error)
{
    int64_t n_devices = 0;
    struct merge_counts counts = {0};
    int status = catalog_count_devices(db, &n_devices, error);
    const struct import_merge job = {
        .db = db,
        .readers_path = path,
        .kernels = kernels_for(0),
        .n_threads = (int)cores_available(),
        .n_devices = (uint32_t)n_devices,
        .compacts = true,
        .rewrites = rewrites,
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
    bool rewrites = false;
    status = is_to_be_rewritten(&db, options.zone, &rewrites, error);
    if (status == WATTLE_OK)
        status = merge_loose(&db, path, rewrites, error);
    if (status == WATTLE_OK)
        status = meta_note_change(&db, error);
    if (status == WATTLE_OK)
        status = database_commit(&db, error);
    if (status == WATTLE_OK)
        status = checkpoint_vacuum(&db, error);
    database_rollback(&db);
    database_close(&db);
    return error_end(error, status);
}

/* Reads a database that is open, with options that are complete. */
static int
export_readings(struct database *db,
                const struct wattle_export_options *options,
                const struct wattle_writer *out, uint64_t *n_readings,
                struct wattle_error *error)
{
    struct store_backend backend;
    struct selection selection = {
        .device_globs = options->device_globs,
        .n_device_globs = options->n_device_globs,
    };
    selection_set_range(&selection, options->since_ms, options->until_ms);
    store_backend_init(&backend, db);
    database_set_cancel(db, options->cancel);
    int status = api_check_globs(selection.device_globs,
                                 selection.n_device_globs, error);
    if (status == WATTLE_OK)
        status = catalog_check_devices(db, error);
    return status == WATTLE_OK
               ? export_run(&backend.base, &selection, out, n_readings, error)
               : status;
}

int
wattle_database_export(const char *path,
                       const struct wattle_export_options *given,
                       const struct wattle_writer *out, uint64_t *n_readings,
                       struct wattle_error *error)
{
    struct database db;
    struct wattle_export_options options;
    uint64_t n = 0;
    if (path == NULL || out == NULL)
        return error_null(error, path == NULL ? "path" : "out");
    wattle_export_options_init(&options);
    int status = sized_struct_take(&options, sizeof(options), given, error);
    if (status == WATTLE_OK)
        status = database_open(&db, path, DATABASE_READ, error);
    if (status == WATTLE_OK) {
        status = export_readings(&db, &options, out, &n, error);
        database_close(&db);
    }
    if (n_readings != NULL)
        *n_readings = n;
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
    info->public.zone = info->opened.db.zone;
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
