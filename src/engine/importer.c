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

/* A dry run without a database, or with an empty one, has one in memory. */
static int
open_database(struct importer *im, struct wattle_error *error)
{
    bool is_new = im->options->is_dry_run && (access(im->database, F_OK) != 0 ||
                                              database_is_empty(im->database));
    enum database_mode mode = is_new ? DATABASE_MEMORY : DATABASE_CREATE;
    int64_t n_devices = 0;
    const struct tidy_wait wait = {.ms = im->options->wait_ms,
                                   .on_waiting = im->options->on_waiting,
                                   .context = im->options->waiting_context};
    int status = tidy_open_to_write(&im->db, im->database, mode, &wait, error);
    if (status == WATTLE_OK)
        status = database_number(&im->db, "SELECT count(*) FROM device",
                                 &n_devices, error);
    im->had_readings = n_devices > 0;
    return status;
}

static bool
is_file(const struct source *source, struct stat *info)
{
    return source->kind != SOURCE_ROWS && source->problem == NULL &&
           strcmp(source->path, "-") != 0 && stat(source->path, info) == 0 &&
           S_ISREG(info->st_mode);
}

/* Hashes a file before it is read. */
static int
hash_file(struct importer *im, const char *path, struct importer_file *file,
          struct wattle_error *error)
{
    struct content *content = &file->content;
    int n_threads = im->options->n_threads > 0 ? im->options->n_threads
                                               : (int)cores_available();
    memset(content->is_done, 1, content->n_parts);
    return content_hash(path, content->size_bytes, 0, n_threads,
                        content->hashes, error);
}

/* Whether a file has grown since it was imported, at its end alone. */
static bool
has_grown(const struct source *source, const struct importer_file *file)
{
    const struct catalog_file *known = &file->known;
    const char *path = source->path;
    return source->kind == SOURCE_PLAIN && source->is_usable &&
           known->number != 0 && known->size_bytes > 0 &&
           known->size_bytes < file->content.size_bytes &&
           known->n_parts == content_n_parts(known->size_bytes) &&
           content_has_head(path, known->size_bytes, known->parts);
}

/* What was there before need not be hashed again, but for its last part. */
static void
skip_known(struct source *source, struct importer_file *file)
{
    const struct catalog_file *known = &file->known;
    size_t n_full = (size_t)(known->size_bytes / CONTENT_PART_BYTES);
    memcpy(file->content.hashes, known->parts,
           n_full * sizeof(*file->content.hashes));
    memset(file->content.is_done, 1, n_full);
    source_skip(source, known->size_bytes, known->file_lines);
}

/* Whether another file, here or in the database, may have the same content. */
static int
has_twin(struct importer *im, size_t at, bool *has, struct wattle_error *error)
{
    uint64_t size_bytes = im->files[at].content.size_bytes;
    *has = false;
    for (size_t i = 0; i < im->sources->n && !*has; i++)
        *has = i != at && im->files[i].content.size_bytes == size_bytes;
    return *has ? WATTLE_OK : catalog_has_size(&im->db, size_bytes, has, error);
}

/* Whether the database has a file of this content. */
static int
find_twin(struct importer *im, const struct importer_file *file, bool *is_known,
          struct wattle_error *error)
{
    const struct content *content = &file->content;
    struct catalog_file same;
    int status =
        catalog_find_content(&im->db, content->size_bytes, content->hashes,
                             content->n_parts, &same, error);
    free((void *)same.parts);
    *is_known = same.number != 0;
    return status;
}

/* Finds out what is to be read of a file: all, its new end, or nothing. */
static int
examine(struct importer *im, size_t at, bool *is_known,
        struct wattle_error *error)
{
    struct source *source = &im->sources->sources[at];
    struct importer_file *file = &im->files[at];
    struct catalog_file *known = &file->known;
    struct content *content = &file->content;
    bool needs_hash = false;
    int status = catalog_find_path(&im->db, source->path, known, error);
    if (status != WATTLE_OK)
        return status;
    *is_known = known->number != 0 &&
                known->size_bytes == content->size_bytes &&
                known->modified_ns == file->modified_ns;
    if (*is_known)
        return WATTLE_OK;
    content->n_parts = content_n_parts(content->size_bytes);
    content->hashes = calloc(content->n_parts + 1, sizeof(*content->hashes));
    content->is_done = calloc(content->n_parts + 1, 1);
    if (content->hashes == NULL || content->is_done == NULL)
        return error_memory(error);
    if (has_grown(source, file)) {
        skip_known(source, file);
        return WATTLE_OK;
    }
    free((void *)known->parts);
    *known = (struct catalog_file){0};
    status = has_twin(im, at, &needs_hash, error);
    if (status == WATTLE_OK && needs_hash)
        status = hash_file(im, source->path, file, error);
    if (status == WATTLE_OK && needs_hash)
        status = find_twin(im, file, is_known, error);
    return status;
}

static void
release_file(struct importer_file *file)
{
    free(file->content.hashes);
    free(file->content.is_done);
    free((void *)file->known.parts);
}

static void
drop_file(struct importer *im, size_t at)
{
    release_file(&im->files[at]);
    source_list_drop(im->sources, at);
    for (size_t i = at; i < im->sources->n; i++)
        im->files[i] = im->files[i + 1];
    im->n_known_files++;
}

/* A file that is given twice is read once. */
static bool
is_repeated(const struct importer *im, size_t at)
{
    const struct content *content = &im->files[at].content;
    for (size_t i = 0; i < at && content->n_parts > 0; i++) {
        const struct content *other = &im->files[i].content;
        /* of one size: then both are hashed */
        if (other->size_bytes == content->size_bytes &&
            other->n_parts == content->n_parts &&
            memcmp(other->hashes, content->hashes,
                   content->n_parts * sizeof(*content->hashes)) == 0)
            return true;
    }
    return false;
}

static void
measure_files(struct importer *im)
{
    struct stat info;
    for (size_t i = 0; i < im->sources->n; i++) {
        struct importer_file *file = &im->files[i];
        if (!is_file(&im->sources->sources[i], &info))
            continue;
        file->is_file = true;
        file->content.size_bytes = (uint64_t)info.st_size;
        file->modified_ns =
            (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
    }
}

static int
examine_files(struct importer *im, struct wattle_error *error)
{
    struct source_list *list = im->sources;
    int64_t next = 0;
    im->files = calloc(list->n + 1, sizeof(*im->files));
    if (im->files == NULL)
        return error_memory(error);
    measure_files(im);
    int status = catalog_next_file(&im->db, &next, error);
    for (size_t i = 0; i < list->n && status == WATTLE_OK;) {
        struct importer_file *file = &im->files[i];
        bool is_known = false;
        if (file->is_file)
            status = examine(im, i, &is_known, error);
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
    struct importer_file *file = &im->files[at];
    const struct catalog_file *known = &file->known;
    struct content *content = &file->content;
    bool has_content = source->is_usable && content->hashes != NULL;
    bool is_rows = source->kind == SOURCE_ROWS;
    const struct catalog_file row = {
        .number = file->number,
        .path = source->path,
        .is_usable = source->is_usable || is_rows,
        .problem = source->problem,
        .size_bytes = content->size_bytes,
        .modified_ns = file->modified_ns,
        .n_lines = known->n_lines + file->n_lines,
        .n_rejects = known->n_rejects + file->n_rejects,
        .file_lines = file->file_lines,
        .parts = has_content ? content->hashes : NULL,
        .n_parts = has_content ? content->n_parts : 0,
    };
    int status =
        has_content ? content_finish(content, source->path, error) : WATTLE_OK;
    if (status == WATTLE_OK)
        status = catalog_write_file(&im->db, &row, im->imported_at, error);
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

/* Files are hashed while they are read. */
static int
set_contents(struct importer *im, struct wattle_error *error)
{
    im->contents = calloc(im->sources->n + 1, sizeof(*im->contents));
    if (im->contents == NULL)
        return error_memory(error);
    for (size_t i = 0; i < im->sources->n; i++)
        im->contents[i] = im->files[i].content;
    im->engine.contents = im->contents;
    return WATTLE_OK;
}

static int
set_engine(struct importer *im, struct wattle_error *error)
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
    return set_contents(im, error);
}

static void
set_now(struct importer *im)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    civil_format((int64_t)now.tv_sec * 1000, im->imported_at);
}

static bool
has_usable(const struct importer *im)
{
    bool has = false;
    for (size_t i = 0; i < im->sources->n; i++)
        has = has || im->sources->sources[i].is_usable ||
              im->sources->sources[i].kind == SOURCE_ROWS;
    return has;
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
    if (!has_usable(im)) { /* all are known; names may have changed */
        status = catalog_write_devices(&im->db, &im->engine.devices,
                                       im->n_old_devices, im->table, error);
        return status == WATTLE_OK ? write_files(im, error) : status;
    }
    status = set_engine(im, error);
    if (status != WATTLE_OK)
        return status;
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

/* Looks at all sources before a database is made for nothing. */
static int
prepare_sources(struct importer *im, struct wattle_error *error)
{
    for (size_t i = 0; i < im->sources->n; i++) {
        int status = source_prepare(&im->sources->sources[i],
                                    im->options->value_kind, error);
        if (status != WATTLE_OK)
            return status;
    }
    if (im->sources->n > 0 && !has_usable(im))
        return error_set(error, WATTLE_ERR_NO_INPUT,
                         "none of the files could be used");
    return WATTLE_OK;
}

int
importer_run(struct importer *im, struct wattle_error *error)
{
    registry_init(&im->engine.devices);
    set_now(im);
    int status = prepare_sources(im, error);
    if (status == WATTLE_OK)
        status = open_database(im, error);
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
    for (size_t i = 0; im->files != NULL && i < im->sources->n; i++)
        release_file(&im->files[i]);
    free(im->contents);
    free(im->files);
    engine_release(&im->engine);
}
