/*
 * importer.c - which files are new, reading them, merging, committing.
 */
#include "engine/importer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/civil_time.h"
#include "base/cores.h"
#include "base/error.h"
#include "ingest/content.h"
#include "store/import_merge.h"
#include "store/tidy.h"

#define GATHER_BYTES ((size_t)64 << 20)

/* A dry run without a database has one in memory. */
static int
open_database(struct importer *im, struct wattle_error *error)
{
    bool is_absent = access(im->database, F_OK) != 0;
    const char *path =
        im->options->is_dry_run && is_absent ? ":memory:" : im->database;
    int64_t n_chunks = 0;
    int status = database_open(&im->db, path, DATABASE_CREATE, error);
    if (status == WATTLE_OK)
        status = tidy_begin_writing(&im->db, im->options->wait_ms,
                                    im->options->on_waiting,
                                    im->options->waiting_context, error);
    if (status == WATTLE_OK)
        status = database_number(&im->db, "SELECT count(*) FROM device",
                                 &n_chunks, error);
    im->had_readings = n_chunks > 0;
    return status;
}

static bool
is_file(const struct source *source, struct stat *info)
{
    return source->kind != SOURCE_ROWS && source->problem == NULL &&
           strcmp(source->path, "-") != 0 && stat(source->path, info) == 0 &&
           S_ISREG(info->st_mode);
}

static int
hash_file(struct importer *im, const char *path, struct importer_file *file,
          size_t from, struct wattle_error *error)
{
    int n_threads = im->options->n_threads > 0 ? im->options->n_threads
                                               : (int)cores_available();
    return content_hash(path, file->size_bytes, from, n_threads, file->parts,
                        error);
}

/* Whether a file has grown since it was imported, at its end alone. */
static bool
has_grown(const char *path, const struct importer_file *file)
{
    const struct catalog_file *known = &file->known;
    return known->number != 0 && known->size_bytes > 0 &&
           known->size_bytes < file->size_bytes &&
           known->n_parts == content_n_parts(known->size_bytes) &&
           content_has_head(path, known->size_bytes, known->parts);
}

/* Finds out what is to be read of a file: all, its new end, or nothing. */
static int
examine(struct importer *im, struct source *source, struct importer_file *file,
        bool *is_known, struct wattle_error *error)
{
    struct catalog_file *known = &file->known;
    int status = catalog_find_path(&im->db, source->path, known, error);
    if (status != WATTLE_OK)
        return status;
    *is_known = known->number != 0 && known->size_bytes == file->size_bytes &&
                known->modified_ns == file->modified_ns;
    if (*is_known)
        return WATTLE_OK;
    file->n_parts = content_n_parts(file->size_bytes);
    file->parts = calloc(file->n_parts + 1, sizeof(*file->parts));
    if (file->parts == NULL)
        return error_memory(error);
    if (has_grown(source->path, file)) {
        size_t n_full = (size_t)(known->size_bytes / CONTENT_PART_BYTES);
        memcpy(file->parts, known->parts, n_full * sizeof(*file->parts));
        source->known_bytes = known->size_bytes;
        source->known_lines = known->file_lines;
        return hash_file(im, source->path, file, n_full, error);
    }
    status = hash_file(im, source->path, file, 0, error);
    free((void *)known->parts);
    *known = (struct catalog_file){0};
    if (status != WATTLE_OK)
        return status;
    struct catalog_file same;
    status = catalog_find_content(&im->db, file->size_bytes, file->parts,
                                  file->n_parts, &same, error);
    free((void *)same.parts);
    *is_known = same.number != 0;
    return status;
}

static void
drop_file(struct importer *im, size_t at)
{
    free(im->files[at].parts);
    free((void *)im->files[at].known.parts);
    source_list_drop(im->sources, at);
    for (size_t i = at; i < im->sources->n; i++)
        im->files[i] = im->files[i + 1];
    im->n_known_files++;
}

/* A file that is given twice is read once. */
static bool
is_repeated(const struct importer *im, size_t at)
{
    const struct importer_file *file = &im->files[at];
    for (size_t i = 0; i < at; i++) {
        const struct importer_file *other = &im->files[i];
        if (file->n_parts > 0 && other->size_bytes == file->size_bytes &&
            other->n_parts == file->n_parts &&
            memcmp(other->parts, file->parts,
                   file->n_parts * sizeof(*file->parts)) == 0)
            return true;
    }
    return false;
}

static int
examine_files(struct importer *im, struct wattle_error *error)
{
    struct source_list *list = im->sources;
    int64_t next = 0;
    im->files = calloc(list->n + 1, sizeof(*im->files));
    if (im->files == NULL)
        return error_memory(error);
    int status = catalog_next_file(&im->db, &next, error);
    for (size_t i = 0; i < list->n && status == WATTLE_OK;) {
        struct source *source = &list->sources[i];
        struct importer_file *file = &im->files[i];
        struct stat info;
        bool is_known = false;
        if (is_file(source, &info)) {
            file->size_bytes = (uint64_t)info.st_size;
            file->modified_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 +
                                info.st_mtim.tv_nsec;
            status = examine(im, source, file, &is_known, error);
        }
        if (status == WATTLE_OK && (is_known || is_repeated(im, i))) {
            drop_file(im, i);
            continue;
        }
        file->number = file->known.number != 0 ? file->known.number : next++;
        i++;
    }
    return status;
}

static int
take_reject(void *context, const struct engine_reject *reject, const char *raw,
            size_t raw_len)
{
    struct importer *im = context;
    struct importer_file *file = &im->files[reject->source];
    struct wattle_error error;
    file->n_rejects++;
    file->by_reason[reject->reason]++;
    int status = catalog_rejects_put(&im->rejects, file->number, reject->line,
                                     reject->reason, raw, raw_len, &error);
    if (status == WATTLE_OK && im->visit_reject != NULL)
        status = im->visit_reject(im->visit_context, reject, raw, raw_len);
    return status;
}

/* Lines of each file, from what each lane has seen of it. */
static void
count_lines(struct importer *im, const struct engine_lanes *lanes)
{
    for (const struct lane *lane = lanes->first; lane; lane = lane->next) {
        for (size_t i = 0; i < lane->n_seen; i++) {
            const struct lane_source *seen = &lane->seen[i];
            struct importer_file *file = &im->files[seen->source];
            bool inside =
                lane->starts_inside && lane->first_source == seen->source;
            file->n_lines += seen->n_lines;
            if (seen->is_end)
                file->file_lines =
                    seen->end_line + (inside ? lane->line_base : 0);
        }
    }
}

static int
merge_lanes(struct importer *im, const struct engine_lanes *lanes,
            struct wattle_error *error)
{
    struct import_lane *list = calloc(lanes->n + 1, sizeof(*list));
    size_t n = 0;
    if (list == NULL)
        return error_memory(error);
    for (const struct lane *lane = lanes->first; lane; lane = lane->next, n++)
        list[n] = (struct import_lane){lane->regroup, lanes->device_of[n],
                                       lane->registry.n_devices};
    int n_threads = im->engine.n_threads;
    const struct import_merge job = {
        .db = &im->db,
        .readers_path = im->had_readings ? im->database : NULL,
        .kernels = kernels_for(im->options->simd),
        .n_threads = n_threads,
        .lanes = list,
        .n_lanes = n,
        .n_devices = im->engine.devices.n_devices,
        .imported_at = im->imported_at,
        .n_done = &im->n_merged,
    };
    int status = import_merge_run(&job, &im->counts, error);
    free(list);
    return status;
}

static int
take_lanes(void *context, const struct engine_lanes *lanes,
           struct wattle_error *error)
{
    struct importer *im = context;
    atomic_store(&im->n_to_merge, im->engine.n_lines - im->engine.n_rejects);
    count_lines(im, lanes);
    /* the lanes' numbers come first, then devices of the table alone */
    int status = catalog_write_devices(&im->db, &im->engine.devices,
                                       im->n_old_devices, im->table, error);
    im->n_new_devices = im->engine.devices.n_devices - im->n_old_devices;
    return status == WATTLE_OK ? merge_lanes(im, lanes, error) : status;
}

static int
write_file(struct importer *im, size_t at, struct wattle_error *error)
{
    const struct source *source = &im->sources->sources[at];
    const struct importer_file *file = &im->files[at];
    const struct catalog_file *known = &file->known;
    bool is_rows = source->kind == SOURCE_ROWS;
    const struct catalog_file row = {
        .number = file->number,
        .path = source->path,
        .is_usable = source->is_usable || is_rows,
        .problem = source->problem,
        .size_bytes = file->size_bytes,
        .modified_ns = file->modified_ns,
        .n_lines = known->n_lines + file->n_lines,
        .n_rejects = known->n_rejects + file->n_rejects,
        .file_lines = file->file_lines,
        .parts = source->is_usable ? file->parts : NULL,
        .n_parts = source->is_usable ? file->n_parts : 0,
    };
    int status = catalog_write_file(&im->db, &row, im->imported_at, error);
    for (int r = 0; r < WATTLE_N_REASONS && status == WATTLE_OK; r++) {
        if (file->by_reason[r] > 0)
            status = catalog_count_rejects(&im->db, file->number, r,
                                           file->by_reason[r], error);
    }
    return status;
}

static int
write_files(struct importer *im, struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < im->sources->n && status == WATTLE_OK; i++)
        status = write_file(im, i, error);
    if (status == WATTLE_OK)
        status = database_run(
            &im->db,
            "UPDATE meta SET value = value + 1 WHERE key = 'generation'",
            error);
    return status;
}

static void
set_engine(struct importer *im)
{
    const struct wattle_import_options *o = im->options;
    im->engine_options = (struct wattle_report_options){
        .max_gap_ms = CIVIL_MS_PER_HOUR,
        .since_ms = WATTLE_NO_TIME,
        .until_ms = WATTLE_NO_TIME,
        .value_kind = o->value_kind,
        .rejects_path = o->rejects_path,
        .n_threads = o->n_threads,
        .simd = o->simd,
        .reader = o->reader,
        .no_memo = o->no_memo,
        .block_bytes = o->block_bytes,
        .timings = o->timings,
        .trace = o->trace,
    };
    im->engine.options = &im->engine_options;
    im->engine.sources = im->sources;
    im->engine.caller_devices = im->caller_devices;
    im->engine.visit_reject = take_reject;
    im->engine.visit_context = im;
    im->engine.take_lanes = take_lanes;
    im->engine.take_context = im;
    im->engine.gather_bytes = GATHER_BYTES;
}

static void
set_now(struct importer *im)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    civil_format((int64_t)now.tv_sec * 1000, im->imported_at);
}

/* Reads and merges what is new. */
static int
read_new(struct importer *im, struct wattle_error *error)
{
    int status =
        catalog_read_devices(&im->db, &im->engine.devices, NULL, error);
    im->n_old_devices = im->engine.devices.n_devices;
    if (status == WATTLE_OK)
        status = catalog_rejects_open(&im->rejects, &im->db, error);
    if (status != WATTLE_OK)
        return status;
    for (size_t i = 0; i < im->sources->n; i++)
        im->n_grown_files += im->sources->sources[i].known_bytes > 0 ? 1 : 0;
    if (im->sources->n == 0) /* names may have changed all the same */
        return catalog_write_devices(&im->db, &im->engine.devices,
                                     im->n_old_devices, im->table, error);
    set_engine(im);
    status = engine_run(&im->engine, error);
    return status == WATTLE_OK ? write_files(im, error) : status;
}

static int
finish_database(struct importer *im, struct wattle_error *error)
{
    if (im->options->is_dry_run)
        return database_run(&im->db, "ROLLBACK", error);
    int status = database_run(&im->db, "COMMIT", error);
    if (status == WATTLE_OK)
        tidy_checkpoint(&im->db);
    return status;
}

int
importer_run(struct importer *im, struct wattle_error *error)
{
    registry_init(&im->engine.devices);
    set_now(im);
    int status = open_database(im, error);
    if (status == WATTLE_OK)
        status = examine_files(im, error);
    if (status == WATTLE_OK)
        status = read_new(im, error);
    catalog_rejects_close(&im->rejects);
    if (status == WATTLE_OK)
        status = finish_database(im, error);
    if (im->db.handle != NULL && !sqlite3_get_autocommit(im->db.handle))
        database_run(&im->db, "ROLLBACK", NULL);
    database_close(&im->db);
    return status;
}

void
importer_release(struct importer *im)
{
    for (size_t i = 0; im->files != NULL && i < im->sources->n; i++) {
        free(im->files[i].parts);
        free((void *)im->files[i].known.parts);
    }
    free(im->files);
    engine_release(&im->engine);
}
