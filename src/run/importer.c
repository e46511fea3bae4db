/*
 * importer.c - reading what is new, merging, committing.
 *
 * The order matters: the lock first, then a look at the files, then reading,
 * rejects, devices, readings, files, and one commit at the end. A failure
 * anywhere leaves the database as it was.
 */
#include "run/importer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/civil_time.h"
#include "base/cores.h"
#include "base/error.h"
#include "store/database_open.h"
#include "store/import_merge.h"
#include "store/checkpoint.h"
#include "store/meta.h"
#include "store/write_lock.h"
#include "run/known_files.h"
#include "run/recognise.h"
#include "run/shuffle_sink.h"
#include "run/take_back.h"

/* Memory for rows on their way to the merge, of all splits together. */
#define SHUFFLE_BYTES ((size_t)64 << 20)

/* A dry run without a database, or with an empty one, has one in memory. */
static int
open_database(struct importer *im, struct wattle_error *error)
{
    bool is_new = im->is_dry_run && access(im->database, F_OK) != 0;
    int status = WATTLE_OK;
    if (im->is_dry_run && !is_new)
        status = database_is_empty(im->database, &is_new, error);
    if (status != WATTLE_OK)
        return status;
    enum database_mode mode = is_new           ? DATABASE_MEMORY
                              : im->is_dry_run ? DATABASE_TRIAL
                                               : DATABASE_CREATE;
    int64_t n_devices = 0;
    status = write_lock_open(&im->db, im->database, mode, im->wait, error);
    if (status == WATTLE_OK)
        status = catalog_count_devices(&im->db, &n_devices, error);
    im->had_readings = n_devices > 0;
    return status;
}

static int
take_reject(void *context, const struct scan_reject *reject, const char *raw,
            size_t raw_len, struct wattle_error *error)
{
    struct importer *im = context;
    struct importer_file *file = &im->files[reject->source];
    int status = WATTLE_OK;
    if (reject_room_take(&file->room, raw_len))
        status = catalog_rejects_put(&im->rejects, file->number, reject->line,
                                     reject->reason, raw, raw_len, error);
    if (status == WATTLE_OK && im->visit_reject != NULL)
        status =
            im->visit_reject(im->visit_context, reject, raw, raw_len, error);
    return status;
}

/* Where the devices of a file have come to, by their numbers in the database.
 */
static int
take_states(struct importer_file *file, const struct local_states *states,
            const uint32_t *device_of)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < states->n && status == WATTLE_OK; i++)
        status = local_states_add(&file->local.states,
                                  device_of[states->devices[i].device],
                                  &states->devices[i].state);
    return status;
}

/* Lines of each file, from what each split has seen of it. */
static int
count_lines(struct importer *im, const struct scan_splits *splits)
{
    size_t n = 0;
    for (const struct split *split = splits->first; split != NULL;
         split = split->next, n++) {
        for (size_t i = 0; i < split->n_seen; i++) {
            const struct split_source *seen = &split->seen[i];
            struct importer_file *file = &im->files[seen->source];
            bool inside =
                split->starts_inside && split->first_source == seen->source;
            file->n_lines += seen->n_lines;
            file->is_open = file->is_open || seen->is_open;
            file->has_local_times =
                file->has_local_times || seen->has_local_times;
            if (take_states(file, &seen->states, splits->device_of[n]) !=
                WATTLE_OK)
                return WATTLE_ERR_MEMORY;
            for (int r = 0; r < WATTLE_N_REASONS; r++) {
                file->by_reason[r] += seen->by_reason[r];
                file->n_rejects += seen->by_reason[r];
            }
            if (!seen->is_end)
                continue;
            file->file_lines = seen->end_line + (inside ? split->line_base : 0);
            file->end_bytes = seen->end_bytes;
            file->has_rest = seen->has_rest;
        }
    }
    return WATTLE_OK;
}

/* Reads the sources into splits, sorted by device. */
static int
scan_sources(struct importer *im, struct scan_splits *splits,
             struct wattle_error *error)
{
    im->n_threads = scan_threads(im->options, im->sources);
    im->simd = kernels_for(im->options->tuning.simd)->name;
    const struct scan scan = {
        .options = im->options,
        .sources = im->sources,
        .caller_devices = im->caller_devices,
        .fingerprints = im->fingerprints,
        .n_threads = im->n_threads,
        .progress = &im->progress,
        .spent_ns = im->spent_ns,
    };
    struct shuffle_sink sink = {
        .kernels = kernels_for(im->options->tuning.simd),
        .max_bytes = SHUFFLE_BYTES / (size_t)im->n_threads,
    };
    int status = scan_run(&scan, &shuffle_sink_ops, &sink, splits, error);
    if (status == WATTLE_OK)
        status = scan_number_devices(splits, &im->devices, error);
    return status;
}

/* Notes how many rejects of each file name each device. */
static int
write_device_rejects(struct importer *im, const struct scan_splits *splits,
                     struct wattle_error *error)
{
    size_t k = 0;
    int status = WATTLE_OK;
    for (const struct split *split = splits->first; split != NULL;
         split = split->next, k++) {
        const struct reject_log *log = &split->rejects;
        for (size_t i = 0; i < log->n_of_devices && status == WATTLE_OK; i++) {
            const struct reject_of_device *r = &log->of_devices[i];
            status = catalog_rejects_add_device(
                &im->rejects, im->files[r->source].number,
                splits->device_of[k][r->device], r->n, error);
        }
    }
    return status;
}

/* Notes rejects, and what there was of each file. */
static int
write_rejects(struct importer *im, struct scan_splits *splits,
              struct wattle_error *error)
{
    tally_add(&im->tally, &splits->tally);
    int status = scan_take_rejects(splits, &im->scan_rejects, error);
    if (status == WATTLE_OK)
        status = write_device_rejects(im, splits, error);
    atomic_store(&im->n_to_merge, im->tally.n_lines - im->tally.n_rejects);
    if (count_lines(im, splits) != WATTLE_OK)
        return error_memory(error);
    return status;
}

/* The splits' devices come first, then those of the table alone. */
static int
write_devices(struct importer *im, struct wattle_error *error)
{
    int status = catalog_write_devices(&im->db, &im->devices, im->n_old_devices,
                                       im->table, error);
    im->n_new_devices = im->devices.n_devices - im->n_old_devices;
    return status;
}

/* Merges what was read with what is stored, and writes it. */
static int
merge_splits(struct importer *im, const struct scan_splits *splits,
             struct wattle_error *error)
{
    struct shuffle_part *list = calloc(splits->n + 1, sizeof(*list));
    size_t n = 0;
    if (list == NULL)
        return error_memory(error);
    for (const struct split *split = splits->first; split != NULL;
         split = split->next, n++) {
        const struct shuffle_split *state = split->state;
        list[n] = (struct shuffle_part){state->rows, splits->device_of[n],
                                        split->registry.n_devices};
    }
    const struct import_merge job = {
        .db = &im->db,
        .readers_path = im->had_readings ? im->database : NULL,
        .reads_own = im->has_taken_back,
        .kernels = kernels_for(im->options->tuning.simd),
        .n_threads = im->has_taken_back ? 1 : im->n_threads,
        .splits = list,
        .n_splits = n,
        .n_devices = im->devices.n_devices,
        .imported_at = im->imported_at,
        .n_done = &im->n_merged,
    };
    int status = import_merge_run(&job, &im->counts, error);
    free(list);
    return status;
}

/* Notes whose its times without an offset are. */
static int
write_local_file(struct importer *im, const struct source *source,
                 struct importer_file *file, struct wattle_error *error)
{
    struct local_file *local = &file->local;
    if (file->has_local_times || im->is_zone_said) {
        free(local->zone);
        local->zone =
            strdup(wattle_zone_name(recognise_zone(source, im->options->zone)));
        if (local->zone == NULL)
            return error_memory(error);
    }
    local->has_times =
        file->has_local_times || (source->known_bytes > 0 && local->has_times);
    if (source->kind != SOURCE_PLAIN) /* it does not go on */
        local_states_release(&local->states);
    if (local_states_sort(&local->states) != WATTLE_OK)
        return error_memory(error);
    return local_file_write(local, &im->db, file->number, error);
}

static int
write_file(struct importer *im, size_t at, struct wattle_error *error)
{
    const struct source *source = &im->sources->sources[at];
    struct importer_file *file = &im->files[at];
    const struct catalog_file *known = &file->known;
    const struct fingerprint *fingerprint = &file->fingerprint;
    if (im->fingerprints != NULL) /* with what the splits have found */
        file->fingerprint = im->fingerprints[at];
    bool is_settled = known_files_settle(source, file);
    const struct catalog_file row = {
        .number = file->number,
        .path = source->path,
        .real_path = file->is_file || importer_has_rows_name(im, source)
                         ? file->real_path
                         : NULL,
        .is_usable = source->is_usable || source->kind == SOURCE_ROWS,
        .is_value_assumed = source->is_value_assumed,
        .problem = source->problem,
        /* what comes behind an open quote belongs to what was rejected */
        .ends_record =
            file->is_open ? CATALOG_ENDS_INSIDE : known_files_line_end(source),
        .value_kind = recognise_value_kind(source),
        .size_bytes = is_settled ? fingerprint->size_bytes : 0,
        .modified_ns = is_settled ? source->modified_ns : 0,
        .n_lines = known->n_lines + file->n_lines,
        .n_rejects = known->n_rejects + file->n_rejects,
        .file_lines = file->file_lines,
        .parts = is_settled ? fingerprint->hashes : NULL,
        .n_parts = is_settled ? fingerprint->n_parts : 0,
    };
    int status =
        catalog_files_write(&im->catalog, &row, im->imported_at, error);
    if (status == WATTLE_OK && source->recognition != NULL)
        status = write_local_file(im, source, file, error);
    for (int r = 0; r < WATTLE_N_REASONS && status == WATTLE_OK; r++) {
        if (file->by_reason[r] > 0)
            status = catalog_count_rejects(&im->db, file->number, r,
                                           file->by_reason[r], error);
    }
    return status;
}

/*
 * A file that was read again is noted once, with its rejects of now; its lines
 * of before are duplicates of those of now.
 */
static int
drop_replaced(struct importer *im, const struct catalog_file *replaced,
              struct wattle_error *error)
{
    if (replaced->number == 0)
        return WATTLE_OK;
    const int64_t n_lines =
        (int64_t)replaced->n_rejects - (int64_t)replaced->n_lines;
    const int status =
        catalog_files_drop(&im->catalog, replaced->number, error);
    return status == WATTLE_OK ? meta_add_forgotten(&im->db, n_lines, error)
                               : status;
}

static int
write_files(struct importer *im, struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < im->sources->n && status == WATTLE_OK; i++) {
        status = drop_replaced(im, &im->files[i].replaced, error);
        if (status == WATTLE_OK)
            status = write_file(im, i, error);
    }
    if (status == WATTLE_OK)
        status = meta_note_change(&im->db, error);
    return status;
}

/* Files are hashed while they are read. */
static int
hash_while_reading(struct importer *im, struct wattle_error *error)
{
    im->fingerprints = calloc(im->sources->n + 1, sizeof(*im->fingerprints));
    if (im->fingerprints == NULL)
        return error_memory(error);
    for (size_t i = 0; i < im->sources->n; i++)
        im->fingerprints[i] = im->files[i].fingerprint;
    return WATTLE_OK;
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
    int status = catalog_read_devices(&im->db, &im->devices, NULL, error);
    im->n_old_devices = im->devices.n_devices;
    if (status == WATTLE_OK)
        status = catalog_rejects_open(&im->rejects, &im->db, error);
    if (status != WATTLE_OK)
        return status;
    for (size_t i = 0; i < im->sources->n; i++)
        im->n_grown_files += im->sources->sources[i].known_bytes > 0 ? 1 : 0;
    status = take_back_moved(im, error);
    if (status != WATTLE_OK)
        return status;
    if (!has_usable(im)) { /* all are known; names may have changed */
        status = catalog_write_devices(&im->db, &im->devices, im->n_old_devices,
                                       im->table, error);
        return status == WATTLE_OK ? write_files(im, error) : status;
    }
    struct scan_splits splits = {0};
    im->scan_rejects.visit = take_reject;
    im->scan_rejects.context = im;
    status = hash_while_reading(im, error);
    if (status == WATTLE_OK)
        status = scan_sources(im, &splits, error);
    if (status == WATTLE_OK)
        status = write_rejects(im, &splits, error);
    if (status == WATTLE_OK)
        status = write_devices(im, error);
    if (status == WATTLE_OK)
        status = merge_splits(im, &splits, error);
    scan_splits_release(&splits);
    return status == WATTLE_OK ? write_files(im, error) : status;
}

static int
finish_database(struct importer *im, struct wattle_error *error)
{
    if (im->is_dry_run) {
        database_rollback(&im->db);
        return WATTLE_OK;
    }
    int status = database_commit(&im->db, error);
    if (status == WATTLE_OK)
        checkpoint_run(&im->db);
    return status;
}

/* Whose times without an offset are of: see struct wattle_import_options. */
static int
settle_zone(struct importer *im, struct wattle_error *error)
{
    const struct wattle_zone *given = im->options->zone;
    int64_t n_files = 0, n_rejects = 0;
    int status = catalog_count_files(&im->db, &n_files, &n_rejects, error);
    im->is_new = !im->had_readings && n_files == 0;
    if (status == WATTLE_OK && im->is_new && given != NULL)
        status = meta_set_zone(&im->db, wattle_zone_name(given), error);
    im->scan = *im->options;
    if (given == NULL || im->is_zone_assumed)
        im->scan.zone = im->db.zone;
    im->is_zone_said =
        given != NULL && !im->is_zone_assumed && !im->is_zone_default;
    im->options = &im->scan;
    return status;
}

/* Looks at all sources. */
static int
prepare_sources(struct importer *im, struct wattle_error *error)
{
    const struct format_options formats = {.value_kind =
                                               im->options->value_kind};
    const struct source_options how = {.window_log =
                                           im->options->zstd_window_log,
                                       .may_grow = true,
                                       .is_final = im->is_final};
    for (size_t i = 0; i < im->sources->n; i++) {
        int status =
            recognise_source(&im->sources->sources[i], &how, &formats, error);
        if (status != WATTLE_OK)
            return status;
    }
    if (im->sources->n > 0 && !has_usable(im))
        return error_set(error, WATTLE_ERR_NO_INPUT,
                         "none of the files could be used");
    return WATTLE_OK;
}

/* So that no database is made for nothing. */
static int
look_ahead(struct importer *im, struct wattle_error *error)
{
    struct stat info;
    if (stat(im->database, &info) == 0 && info.st_size > 0)
        return WATTLE_OK;
    int status = prepare_sources(im, error);
    for (size_t i = 0; i < im->sources->n && status == WATTLE_OK; i++)
        source_forget(&im->sources->sources[i]);
    return status;
}

/*
 * Files are looked at when the lock is there: what another import has read of
 * them is in the database then, and nothing that is noted of them is older.
 */
int
importer_run(struct importer *im, struct wattle_error *error)
{
    registry_init(&im->devices);
    set_now(im);
    int status = look_ahead(im, error);
    if (status == WATTLE_OK)
        status = open_database(im, error);
    if (status == WATTLE_OK)
        status = settle_zone(im, error);
    if (status == WATTLE_OK)
        status = prepare_sources(im, error);
    if (status == WATTLE_OK)
        status = catalog_files_open(&im->catalog, &im->db, error);
    if (status == WATTLE_OK)
        status = known_files_examine(im, error);
    if (status == WATTLE_OK)
        status = read_new(im, error);
    im->has_assumed_times =
        im->is_zone_assumed && im->is_new && im->tally.has_local_times;
    catalog_files_close(&im->catalog);
    catalog_rejects_close(&im->rejects);
    if (status == WATTLE_OK)
        status = finish_database(im, error);
    database_rollback(&im->db);
    database_close(&im->db);
    return status;
}

void
importer_release(struct importer *im)
{
    known_files_release(im);
    free(im->fingerprints);
    registry_release(&im->devices);
}
