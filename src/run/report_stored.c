/*
 * report_stored.c - devices in several threads, each with a connection of
 * its own that sees the same state.
 */
#include "engine/report_stored.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cores.h"
#include "base/error.h"
#include "store/account_read.h"
#include "store/catalog.h"
#include "store/checksum.h"
#include "store/chunk.h"
#include "store/database_open.h"
#include "store/rollup_builder.h"
#include "store/stored_check.h"

#define DEVICES_AT_ONCE 16
#define MAX_THREADS     64

/* A device that takes this many readings is worth a thread's start. */
#define READINGS_A_THREAD 2000000
#define CHUNKS_A_THREAD   2000

struct job {
    struct engine *engine;
    const char *path;
    struct account_read_range range;
    const struct kernels *kernels;
    uint8_t *is_wanted; /* [devices] */
    _Atomic uint32_t next;
    _Atomic int status;
};

struct worker {
    struct job *job;
    struct database db;
    struct account_read read;
    struct account_set set;
    struct wattle_error error;
};

/* Opens a connection that stays with what is there now. */
static int
open_worker(struct worker *w, struct job *job)
{
    const struct scan_options *o = job->engine->options;
    *w = (struct worker){.job = job};
    account_set_init(&w->set, o->max_gap_ms, o->tuning.no_memo);
    w->set.kernels = job->kernels;
    int status = database_open(&w->db, job->path, DATABASE_READ, &w->error);
    if (status == WATTLE_OK) {
        database_set_cancel(&w->db, o->cancel);
        status = database_run(&w->db, "BEGIN", &w->error);
    }
    if (status == WATTLE_OK)
        status = account_read_open(&w->read, &w->db, job->kernels, &job->range,
                                   &w->error);
    return status;
}

static void
close_worker(struct worker *w)
{
    account_read_close(&w->read);
    account_set_release(&w->set);
    database_close(&w->db);
}

static int
generation_of(struct worker *w, int64_t *generation)
{
    return database_number(&w->db,
                           "SELECT value FROM meta WHERE key = 'generation'",
                           generation, &w->error);
}

static void *
work(void *context)
{
    struct worker *w = context;
    struct job *job = w->job;
    const uint32_t n = job->engine->devices.n_devices;
    int status = account_set_reserve(&w->set, n) == WATTLE_OK
                     ? WATTLE_OK
                     : error_memory(&w->error);
    while (status == WATTLE_OK && atomic_load(&job->status) == WATTLE_OK) {
        uint32_t at = atomic_fetch_add(&job->next, DEVICES_AT_ONCE);
        uint32_t end = at + DEVICES_AT_ONCE < n ? at + DEVICES_AT_ONCE : n;
        if (at >= n)
            break;
        status = cancel_flag_check(w->db.cancel, &w->error);
        for (; at < end && status == WATTLE_OK; at++)
            status = job->is_wanted[at]
                         ? account_read_device(&w->read, at, &w->set, &w->error)
                         : account_read_skip(&w->read, at, &w->error);
    }
    account_set_settle(&w->set);
    if (status != WATTLE_OK)
        atomic_store(&job->status, status);
    return NULL;
}

static int
fail_damaged(const struct database *db, const char *what,
             struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                        "the table %s is damaged; try 'wattle check'", what);
}

/* Lists the files that were imported as sources. */
static int
read_files(struct engine *engine, struct database *db,
           struct wattle_error *error)
{
    sqlite3_stmt *row = database_prepare(
        db, "SELECT " STORED_FILE_COLUMNS " FROM file ORDER BY number", error);
    struct checksum *checksum = checksum_new();
    int status = row != NULL ? WATTLE_OK : database_fail(db, error);
    if (checksum == NULL)
        status = error_memory(error);
    while (status == WATTLE_OK) {
        int result = database_step(db, row, error);
        if (result == SQLITE_DONE)
            break;
        status = result < 0 ? result : WATTLE_OK;
        if (status == WATTLE_OK && !stored_check_file(checksum, row))
            status = fail_damaged(db, "file", error);
        if (status != WATTLE_OK)
            break;
        const char *path = (const char *)sqlite3_column_text(row, 1);
        if (source_list_add_read(engine->sources, path != NULL ? path : "",
                                 sqlite3_column_int(row, 2) != 0,
                                 (const char *)sqlite3_column_text(row, 3)) !=
            WATTLE_OK)
            status = error_memory(error);
        engine->tally.n_lines += (uint64_t)sqlite3_column_int64(row, 6);
    }
    sqlite3_finalize(row);
    checksum_free(checksum);
    int64_t n_lost = 0; /* to damage, see salvage.h */
    if (status == WATTLE_OK)
        status = database_number(
            db, "SELECT value FROM meta WHERE key = 'lost'", &n_lost, error);
    engine->tally.n_lines -= (uint64_t)n_lost;
    return status;
}

static int
count_rejects(struct engine *engine, struct database *db,
              struct wattle_error *error)
{
    sqlite3_stmt *row =
        database_prepare(db, "SELECT file, reason, n FROM reject_count", error);
    int status = row != NULL ? WATTLE_OK : database_fail(db, error);
    while (status == WATTLE_OK) {
        int result = database_step(db, row, error);
        if (result == SQLITE_DONE)
            break;
        status = result < 0 ? result : WATTLE_OK;
        if (status != WATTLE_OK)
            break;
        int reason;
        uint64_t n;
        if (!stored_check_reject_count(row, &reason, &n)) {
            status = fail_damaged(db, "reject_count", error);
            break;
        }
        tally_add_rejects(&engine->tally, reason, n);
    }
    sqlite3_finalize(row);
    return status;
}

static int
take_reject(struct engine *engine, struct database *db, sqlite3_stmt *row,
            struct checksum *checksum, struct wattle_error *error)
{
    const struct engine_reject reject = {
        .source = (uint32_t)sqlite3_column_int64(row, 5),
        .line = (uint64_t)sqlite3_column_int64(row, 1),
        .reason = sqlite3_column_int(row, 2),
    };
    if (!stored_check_reject(checksum, row) ||
        reject.source >= engine->sources->n)
        return fail_damaged(db, "reject", error);
    if (engine->n_first_rejects < REJECT_LOG_FIRST)
        engine->first_rejects[engine->n_first_rejects++] = reject;
    if (engine->visit_reject == NULL)
        return WATTLE_OK;
    const char *raw = sqlite3_column_blob(row, 3);
    engine->n_visited++;
    return engine->visit_reject(engine->visit_context, &reject,
                                raw != NULL ? raw : "",
                                (size_t)sqlite3_column_bytes(row, 3));
}

/* The first few, or all when they are wanted. Files count from 0 here. */
static int
read_rejects(struct engine *engine, struct database *db,
             struct wattle_error *error)
{
    sqlite3_stmt *row = database_prepare(
        db,
        "SELECT " STORED_REJECT_COLUMNS ", (SELECT count(*) FROM file "
        "WHERE number < reject.file) FROM reject ORDER BY file, line",
        error);
    struct checksum *checksum = checksum_new();
    int status = row != NULL ? WATTLE_OK : database_fail(db, error);
    if (checksum == NULL)
        status = error_memory(error);
    while (status == WATTLE_OK &&
           (engine->visit_reject != NULL ||
            engine->n_first_rejects < REJECT_LOG_FIRST)) {
        int result = database_step(db, row, error);
        if (result == SQLITE_DONE)
            break;
        status =
            result < 0 ? result : take_reject(engine, db, row, checksum, error);
    }
    sqlite3_finalize(row);
    checksum_free(checksum);
    return status;
}

/* Which devices the globs let through. */
static int
choose_devices(struct job *job, struct wattle_error *error)
{
    const struct registry *devices = &job->engine->devices;
    job->is_wanted = malloc((size_t)devices->n_devices + 1);
    if (job->is_wanted == NULL)
        return error_memory(error);
    for (uint32_t i = 0; i < devices->n_devices; i++)
        job->is_wanted[i] = selection_wants_device(
            &job->engine->options->selection, registry_id(devices, i), NULL);
    return WATTLE_OK;
}

/* Threads that pay: for chunks to read, or readings to decode. */
static int
choose_threads(const struct job *job, struct worker *first,
               struct wattle_error *error)
{
    int64_t n_chunks = 0, n_readings = 0;
    int n_wanted = job->engine->options->n_threads;
    if (n_wanted > 0)
        return n_wanted < MAX_THREADS ? n_wanted : MAX_THREADS;
    bool decodes = job->range.no_summaries ||
                   !database_has_sums(&first->db, job->range.max_gap_ms);
    int status = database_number(&first->db, "SELECT count(*) FROM chunk",
                                 &n_chunks, error);
    if (status == WATTLE_OK && decodes)
        status =
            database_number(&first->db, "SELECT sum(n_readings) FROM chunk",
                            &n_readings, error);
    if (status != WATTLE_OK)
        return status;
    /* nobody has looked at these rows yet: their sum may be anything */
    int64_t most = n_chunks * CHUNK_ROWS;
    n_readings = n_readings < 0 ? 0 : n_readings < most ? n_readings : most;
    int64_t useful =
        1 + n_chunks / CHUNKS_A_THREAD + n_readings / READINGS_A_THREAD;
    int64_t n_cores = (int64_t)cores_available();
    int64_t n = useful < n_cores ? useful : n_cores;
    return (int)(n < MAX_THREADS ? n : MAX_THREADS);
}

/* Opens the other connections; WATTLE_ERR_CHANGED when they see more. */
static int
open_others(struct worker *workers, int n, struct wattle_error *error)
{
    struct job *job = workers[0].job;
    int64_t wanted = 0, found = 0;
    int status = generation_of(&workers[0], &wanted);
    for (int i = 1; i < n && status == WATTLE_OK; i++) {
        status = open_worker(&workers[i], job);
        if (status == WATTLE_OK)
            status = generation_of(&workers[i], &found);
        if (status != WATTLE_OK && error != NULL)
            *error = workers[i].error;
        if (status == WATTLE_OK && found != wanted)
            return WATTLE_ERR_CHANGED;
    }
    return status;
}

static void
run_workers(struct worker *workers, int n)
{
    pthread_t threads[MAX_THREADS];
    int n_running = 0;
    while (n_running + 1 < n && pthread_create(&threads[n_running], NULL, work,
                                               &workers[n_running + 1]) == 0)
        n_running++;
    work(&workers[0]);
    for (int i = 0; i < n_running; i++)
        pthread_join(threads[i], NULL);
}

static void
add_counts(struct engine *engine, const struct account_read_counts *c)
{
    engine->tally.n_duplicates += c->n_duplicates;
    engine->tally.n_filtered += c->n_filtered;
    engine->tally.n_rounded += c->n_rounded;
    engine->tally.n_fast += c->n_readings - c->n_decoded;
    engine->tally.n_slow += c->n_decoded;
}

/* Every line that was imported must be found again: damage may hide rows. */
static int
check_lines(const struct engine *engine, const struct worker *workers, int n,
            struct wattle_error *error)
{
    uint64_t n_found = engine->tally.n_duplicates + engine->tally.n_filtered;
    for (int i = 0; i < n; i++)
        n_found += workers[i].read.counts.n_readings;
    if (engine->tally.n_lines == n_found + engine->tally.n_rejects)
        return WATTLE_OK;
    return error_set_at(
        error, WATTLE_ERR_FORMAT, workers[0].db.path, 0,
        "is damaged: %llu lines were imported, and %llu are "
        "there; try 'wattle check'",
        (unsigned long long)engine->tally.n_lines,
        (unsigned long long)(n_found + engine->tally.n_rejects));
}

static int
join_workers(struct engine *engine, struct worker *workers, int n,
             struct wattle_error *error)
{
    struct account_set *sets[MAX_THREADS];
    const uint32_t *same[MAX_THREADS] = {NULL};
    for (int i = 0; i < n; i++) {
        add_counts(engine, &workers[i].read.counts);
        sets[i] = &workers[i].set;
    }
    int status = check_lines(engine, workers, n, error);
    if (status != WATTLE_OK)
        return status;
    engine->tally.n_lines -= engine->tally.n_filtered;
    if (n == 1) {
        engine->accounts = workers[0].set;
        account_set_init(&workers[0].set, 1, false);
        return WATTLE_OK;
    }
    account_set_init(&engine->accounts, engine->options->max_gap_ms,
                     engine->options->tuning.no_memo);
    if (account_set_reserve(&engine->accounts, engine->devices.n_devices) !=
            WATTLE_OK ||
        account_set_join(&engine->accounts, sets, same, (size_t)n) != WATTLE_OK)
        return error_memory(error);
    return WATTLE_OK;
}

/* Everything beside the readings, with the first connection. */
static int
read_rest(struct engine *engine, struct database *db,
          struct device_table *table, struct wattle_error *error)
{
    int status = catalog_read_devices(db, &engine->devices, table, error);
    if (status == WATTLE_OK)
        status = read_files(engine, db, error);
    if (status == WATTLE_OK)
        status = count_rejects(engine, db, error);
    if (status == WATTLE_OK && engine->tally.n_rejects > 0)
        status = read_rejects(engine, db, error);
    return status;
}

static int
run_all(struct job *job, struct worker *workers, struct device_table *table,
        struct wattle_error *error)
{
    struct engine *engine = job->engine;
    int status = read_rest(engine, &workers[0].db, table, error);
    if (status == WATTLE_OK)
        status = choose_devices(job, error);
    int n = status == WATTLE_OK ? choose_threads(job, &workers[0], error) : 1;
    if (status != WATTLE_OK || n < 0)
        return n < 0 ? n : status;
    status = open_others(workers, n, error);
    if (status == WATTLE_ERR_CHANGED) {
        /* an import has ended just now: one connection, one state */
        n = 1;
        status = WATTLE_OK;
    }
    if (status != WATTLE_OK)
        return status;
    engine->n_threads = n;
    run_workers(workers, n);
    status = atomic_load(&job->status);
    for (int i = 0; i < n && status != WATTLE_OK; i++) {
        if (workers[i].error.code != WATTLE_OK && error != NULL)
            *error = workers[i].error;
    }
    return status == WATTLE_OK ? join_workers(engine, workers, n, error)
                               : status;
}

int
report_stored_run(struct engine *engine, const char *database,
                  struct device_table *table, struct wattle_error *error)
{
    const struct scan_options *o = engine->options;
    struct worker *workers = calloc(MAX_THREADS, sizeof(*workers));
    struct job job = {
        .engine = engine,
        .path = database,
        .kernels = kernels_for(o->tuning.simd),
        .range = {.since_ms = o->selection.since_ms,
                  .until_ms = o->selection.until_ms,
                  .max_gap_ms = o->max_gap_ms,
                  .no_summaries = o->tuning.no_summaries},
    };
    if (workers == NULL)
        return error_memory(error);
    registry_init(&engine->devices);
    engine->n_passes = 1;
    engine->simd = job.kernels->name;
    int status = open_worker(&workers[0], &job);
    if (status != WATTLE_OK && error != NULL)
        *error = workers[0].error;
    if (status == WATTLE_OK)
        status = run_all(&job, workers, table, error);
    for (int i = 0; i < MAX_THREADS; i++)
        close_worker(&workers[i]);
    free(workers);
    free(job.is_wanted);
    if (status == WATTLE_OK && engine->accounts.profile.failed)
        status = error_memory(error);
    return status;
}
