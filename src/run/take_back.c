/*
 * take_back.c - files are read as they were, and what they gave is taken out.
 *
 * A file is scanned like for an import, with its kind of values and its zone of
 * then, into a shuffle by device; the store compares that with its readings.
 */
#include "run/take_back.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "run/known_files.h"
#include "run/recognise.h"
#include "run/shuffle_sink.h"
#include "store/checkpoint.h"
#include "store/forget.h"
#include "store/meta.h"

#define SHUFFLE_BYTES ((size_t)64 << 20)

static void
set_now(char text[CIVIL_TEXT_SIZE])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    civil_format((int64_t)now.tv_sec * 1000, text);
}

/* ---- files --------------------------------------------------------------- */

static int
forget_splits(struct importer *im, const struct scan_splits *splits,
              struct forget *forget, struct wattle_error *error)
{
    struct shuffle_set set = {0};
    struct shuffle_part *parts = calloc(splits->n + 1, sizeof(*parts));
    size_t n = 0;
    if (parts == NULL)
        return error_memory(error);
    for (const struct split *split = splits->first; split != NULL;
         split = split->next, n++) {
        const struct shuffle_split *state = split->state;
        parts[n] = (struct shuffle_part){state->rows, splits->device_of[n],
                                         split->registry.n_devices};
    }
    int status = shuffle_set_open(&set, parts, n, im->devices.n_devices);
    if (status != WATTLE_OK)
        error_memory(error);
    /* of others nothing is stored */
    for (uint32_t i = 0; i < im->n_old_devices && status == WATTLE_OK; i++)
        status = forget_rows(forget, i, &set, error);
    shuffle_set_release(&set);
    free(parts);
    return status;
}

/* Takes out what the sources give, as they are to be read now. */
static int
forget_sources(struct importer *im, struct forget *forget,
               struct wattle_error *error)
{
    const int n_threads = scan_threads(im->options, im->sources);
    const struct kernels *kernels = kernels_for(im->options->tuning.simd);
    struct scan_splits splits = {0};
    struct scan_progress progress = {0};
    int64_t spent_ns[N_STAGES] = {0};
    const struct scan scan = {
        .options = im->options,
        .sources = im->sources,
        .caller_devices = im->caller_devices,
        .n_threads = n_threads,
        .progress = &progress,
        .spent_ns = spent_ns,
    };
    struct shuffle_sink sink = {.kernels = kernels,
                                .max_bytes = SHUFFLE_BYTES / (size_t)n_threads};
    int status = scan_run(&scan, &shuffle_sink_ops, &sink, &splits, error);
    if (status == WATTLE_OK)
        status = scan_number_devices(&splits, &im->devices, error);
    if (status == WATTLE_OK)
        status = forget_splits(im, &splits, forget, error);
    scan_splits_release(&splits);
    return status;
}

/* What is noted of the files is dropped; *n_lines: see forget_finish. */
static int
drop_files(struct importer *im, int64_t *n_lines, struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < im->sources->n && status == WATTLE_OK; i++) {
        const struct catalog_file *known = &im->files[i].taken_back;
        if (known->number == 0)
            continue;
        char sql[80];
        int64_t is_there = 0; /* it may have been given twice */
        snprintf(sql, sizeof(sql),
                 "SELECT count(*) FROM main.file WHERE number = %lld",
                 (long long)known->number);
        status = database_number(&im->db, sql, &is_there, error);
        if (status != WATTLE_OK || is_there == 0)
            continue;
        *n_lines += (int64_t)known->n_rejects - (int64_t)known->n_lines;
        status = catalog_files_drop(&im->catalog, known->number, error);
    }
    return status;
}

static int
take_back_files(struct importer *im, struct forget *forget, int64_t *n_lines,
                struct wattle_error *error)
{
    int status = known_files_require(im, error);
    if (status == WATTLE_OK)
        status = catalog_read_devices(&im->db, &im->devices, NULL, error);
    im->n_old_devices = im->devices.n_devices;
    if (status == WATTLE_OK)
        status = forget_sources(im, forget, error);
    return status == WATTLE_OK ? drop_files(im, n_lines, error) : status;
}

/* ---- devices ------------------------------------------------------------- */

static int
take_back_devices(struct take_back *job, struct database *db,
                  struct forget *forget, struct wattle_error *error)
{
    const struct selection *selection = job->selection;
    struct registry devices;
    uint64_t n_matching = 0;
    registry_init(&devices);
    int status = catalog_read_devices(db, &devices, NULL, error);
    for (uint32_t i = 0; i < devices.n_devices && status == WATTLE_OK; i++) {
        if (!selection_wants_device(selection, registry_id(&devices, i), NULL))
            continue;
        n_matching++;
        status = forget_range(forget, i, selection->since_ms,
                              selection->until_ms, error);
    }
    registry_release(&devices);
    if (status == WATTLE_OK && n_matching == 0)
        status = error_set_at(error, WATTLE_ERR_USAGE, db->path, 0,
                              "no device matches");
    return status;
}

/* ---- all of it ----------------------------------------------------------- */

static int
commit(struct take_back *job, struct database *db, struct wattle_error *error)
{
    int status = meta_note_change(db, error);
    if (status != WATTLE_OK || job->is_dry_run)
        return status;
    status = database_commit(db, error);
    if (status == WATTLE_OK)
        checkpoint_run(db);
    return status;
}

static int
run_files(struct take_back *job, struct importer *im, struct forget **forget,
          int64_t *n_lines, struct wattle_error *error)
{
    im->scan = *job->options;
    im->scan.zone = im->db.zone;
    im->options = &im->scan;
    im->sources = job->sources;
    int status = known_files_recognise(im, error);
    if (status == WATTLE_OK)
        status = catalog_files_open(&im->catalog, &im->db, error);
    if (status == WATTLE_OK)
        status = take_back_files(im, *forget, n_lines, error);
    catalog_files_close(&im->catalog);
    job->n_files = im->sources->n;
    return status;
}

int
take_back_run(struct take_back *job, struct wattle_error *error)
{
    struct source_list none = {0};
    struct importer im = {.database = job->database, .sources = &none};
    struct forget *forget = NULL;
    char now[CIVIL_TEXT_SIZE];
    int64_t n_lines = 0;
    registry_init(&im.devices);
    set_now(now);
    int status = write_lock_open(
        &im.db, job->database,
        job->is_dry_run ? DATABASE_TRIAL : DATABASE_WRITE, job->wait, error);
    if (status != WATTLE_OK)
        return status;
    if (job->options != NULL)
        database_set_cancel(&im.db, job->options->cancel);
    status = forget_open(&forget, &im.db, kernels_for(0), error);
    if (status == WATTLE_OK && job->sources != NULL)
        status = run_files(job, &im, &forget, &n_lines, error);
    else if (status == WATTLE_OK)
        status = take_back_devices(job, &im.db, forget, error);
    if (status == WATTLE_OK)
        status = forget_finish(forget, job->what, now, n_lines, error);
    if (status == WATTLE_OK)
        job->n_readings = forget_count(forget);
    forget_close(forget);
    if (status == WATTLE_OK)
        status = commit(job, &im.db, error);
    database_rollback(&im.db);
    database_close(&im.db);
    known_files_release(&im);
    registry_release(&im.devices);
    return status;
}

/* An entry that is there; 0 becomes the latest. */
static int
find_entry(struct database *db, int64_t *entry, struct wattle_error *error)
{
    char sql[96];
    int64_t n = 0;
    int status = WATTLE_OK;
    if (*entry == 0)
        status = forget_latest(db, entry, error);
    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM main.forgotten WHERE number = %lld",
             (long long)*entry);
    if (status == WATTLE_OK)
        status = database_number(db, sql, &n, error);
    if (status == WATTLE_OK && n == 0)
        status = error_set_at(error, WATTLE_ERR_USAGE, db->path, 0,
                              *entry == 0 ? "nothing was removed"
                                          : "has no entry %lld",
                              (long long)*entry);
    return status;
}

int
take_back_undo(struct take_back *job, int64_t entry, struct wattle_error *error)
{
    struct database db;
    struct forget *forget = NULL;
    int status = write_lock_open(
        &db, job->database, job->is_dry_run ? DATABASE_TRIAL : DATABASE_WRITE,
        job->wait, error);
    if (status != WATTLE_OK)
        return status;
    if (job->options != NULL)
        database_set_cancel(&db, job->options->cancel);
    status = find_entry(&db, &entry, error);
    if (status == WATTLE_OK)
        status = forget_open(&forget, &db, kernels_for(0), error);
    if (status == WATTLE_OK)
        status = forget_restore(forget, entry, error);
    if (status == WATTLE_OK)
        status = forget_finish(forget, NULL, NULL, 0, error);
    if (status == WATTLE_OK)
        job->n_readings = forget_count(forget);
    if (status == WATTLE_OK)
        job->n_left = forget_left(forget);
    forget_close(forget);
    if (status == WATTLE_OK)
        status = commit(job, &db, error);
    database_rollback(&db);
    database_close(&db);
    return status;
}

/* ---- for an import ------------------------------------------------------- */

/* What a source is for the import. */
struct source_now {
    bool is_usable, holds_rest;
    int value_kind;
    uint64_t size_bytes;
};

/* Only files that move are read, as they were then. */
static bool
begin_moving(struct importer *im, struct source_now *now)
{
    bool moves = false;
    for (size_t i = 0; i < im->sources->n; i++) {
        struct source *source = &im->sources->sources[i];
        const struct importer_file *file = &im->files[i];
        now[i] = (struct source_now){source->is_usable, source->holds_rest,
                                     recognise_value_kind(source),
                                     source->size_bytes};
        source->is_usable = source->is_usable && file->moves_from != NULL;
        if (!source->is_usable)
            continue;
        moves = true;
        recognise_set_zone(source, file->moves_from, NULL);
        known_files_set_then(source, &file->taken_back);
    }
    return moves;
}

static void
end_moving(struct importer *im, const struct source_now *now)
{
    for (size_t i = 0; i < im->sources->n; i++) {
        struct source *source = &im->sources->sources[i];
        source->is_usable = now[i].is_usable;
        if (!source->is_usable || im->files[i].moves_from == NULL)
            continue;
        recognise_set_zone(source, im->options->zone, NULL);
        recognise_force_value_kind(source, now[i].value_kind);
        source->size_bytes = now[i].size_bytes;
        source->holds_rest = now[i].holds_rest;
        source->ends_here = false;
    }
}

static int
take_back_here(struct importer *im, struct wattle_error *error)
{
    char what[256];
    struct forget *forget = NULL;
    int64_t n_lines = 0;
    snprintf(what, sizeof(what), "files read again with times in %.160s",
             wattle_zone_name(im->options->zone));
    int status = forget_open(&forget, &im->db,
                             kernels_for(im->options->tuning.simd), error);
    if (status == WATTLE_OK)
        status = forget_sources(im, forget, error);
    if (status == WATTLE_OK)
        status = drop_files(im, &n_lines, error);
    if (status == WATTLE_OK)
        status = forget_finish(forget, what, im->imported_at, n_lines, error);
    im->has_taken_back = true;
    forget_close(forget);
    return status;
}

int
take_back_moved(struct importer *im, struct wattle_error *error)
{
    int status = WATTLE_OK;
    struct source_now *now = calloc(im->sources->n + 1, sizeof(*now));
    if (now == NULL)
        return error_memory(error);
    if (begin_moving(im, now))
        status = take_back_here(im, error);
    end_moving(im, now);
    free(now);
    return status;
}
