/*
 * report_stored.c - devices in several threads, each with a connection of
 * its own that sees the same state.
 *
 * All connections must see the same generation; when one does not, a single
 * one goes on. Every line that was imported must be found again, else the
 * database is damaged.
 */
#include "run/report_stored.h"

#include <stdlib.h>
#include <string.h>

#include "analytics/rough_efficiency.h"
#include "base/cores.h"
#include "base/error.h"
#include "base/pool.h"
#include "base/zone.h"
#include "store/totals_reader.h"
#include "store/catalog.h"
#include "store/catalog_read.h"
#include "codec/chunk.h"
#include "store/database_open.h"
#include "store/meta.h"
#include "store/chunk_reader.h"

#define DEVICES_AT_ONCE 16
#define MAX_THREADS     64

/* A device that takes this many readings is worth a thread's start. */
#define READINGS_A_THREAD 2000000
#define CHUNKS_A_THREAD   2000

struct stored_job {
    const struct report_stored *report;
    struct report_data *data;
    struct totals_reader_range range;
    bool is_fine; /* efficiencies are the finer ones */
    const struct kernels *kernels;
    uint8_t *is_wanted; /* [devices] */
    _Atomic uint32_t next;
    _Atomic int status;
};

struct chunk_worker {
    struct stored_job *job;
    struct database db;
    struct totals_reader read;
    struct totals_set set;
    struct wattle_error error;
};

/* The zone that the caller names, else the database's own, from then on ours.
 */
static int
take_zone(struct stored_job *job, struct database *db,
          struct wattle_error *error)
{
    struct report_data *data = job->data;
    data->zone = job->report->options->zone;
    if (data->zone == NULL) {
        if (db->zone == NULL)
            return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                                "is of a time zone that this machine does not "
                                "know; install tzdata, or name another zone "
                                "(--tz)");
        data->own_zone = db->zone;
        data->zone = data->own_zone;
        db->zone = NULL; /* db->sums.zone stays */
    }
    job->range.zone = zone_unless_utc(data->zone);
    return WATTLE_OK;
}

/* Empty totals, of what is asked for now. */
static void
begin_totals(struct chunk_worker *w)
{
    const struct stored_job *job = w->job;
    const struct scan_options *o = job->report->options;
    totals_set_init(&w->set, o->max_gap_ms, o->tuning.no_cache);
    totals_set_range(&w->set, job->range.since_ms, job->range.until_ms);
    totals_set_zone(&w->set, job->range.zone);
    w->set.kernels = job->kernels;
    w->set.is_fine = job->is_fine;
    w->read.range = job->range;
    w->read.counts = (struct totals_reader_counts){0};
}

/* Opens a connection that stays with what is there now. */
static int
open_worker(struct chunk_worker *w, struct stored_job *job)
{
    const struct scan_options *o = job->report->options;
    *w = (struct chunk_worker){.job = job};
    int status =
        database_open(&w->db, job->report->database, DATABASE_READ, &w->error);
    if (status == WATTLE_OK)
        status = database_begin(&w->db, &w->error);
    if (status == WATTLE_OK) /* of what is there now: it may have changed */
        status = meta_read(&w->db, DATABASE_READ, &w->error);
    if (status == WATTLE_OK && job->data->zone == NULL)
        status = take_zone(job, &w->db, &w->error);
    if (status == WATTLE_OK)
        database_set_cancel(&w->db, o->cancel);
    if (status == WATTLE_OK)
        status = totals_reader_open(&w->read, &w->db, job->kernels, &job->range,
                                    &w->error);
    begin_totals(w);
    return status;
}

static void
close_worker(struct chunk_worker *w)
{
    totals_reader_close(&w->read);
    totals_set_release(&w->set);
    database_close(&w->db);
}

/* Rows that were met, whether wanted or not. */
static uint64_t
count_rows(const struct totals_reader_counts *counts)
{
    return counts->n_readings + counts->n_filtered;
}

/* A pool_work: takes devices until there are no more. */
static void
add_chunks(void *context, unsigned worker)
{
    struct chunk_worker *w = (struct chunk_worker *)context + worker;
    struct stored_job *job = w->job;
    const uint32_t n = job->data->devices.n_devices;
    int status = totals_set_reserve(&w->set, n) == WATTLE_OK
                     ? WATTLE_OK
                     : error_memory(&w->error);
    while (status == WATTLE_OK && atomic_load(&job->status) == WATTLE_OK) {
        uint32_t at = atomic_fetch_add(&job->next, DEVICES_AT_ONCE);
        uint32_t end = at + DEVICES_AT_ONCE < n ? at + DEVICES_AT_ONCE : n;
        if (at >= n)
            break;
        status = cancel_flag_check(w->db.cancel, &w->error);
        for (; at < end && status == WATTLE_OK; at++) {
            const uint64_t before = count_rows(&w->read.counts);
            status =
                job->is_wanted[at]
                    ? totals_reader_device(&w->read, at, &w->set, &w->error)
                    : totals_reader_skip(&w->read, at, &w->error);
            job->data->is_seen[at] = count_rows(&w->read.counts) > before;
        }
    }
    totals_set_flush(&w->set);
    if (status != WATTLE_OK)
        atomic_store(&job->status, status);
}

/* Lists a file that was imported as a source. */
static int
take_file(void *context, const char *path, bool is_usable,
          bool is_value_assumed, const char *problem, uint64_t n_lines,
          struct wattle_error *error)
{
    struct stored_job *job = context;
    if (source_list_add_read(job->report->sources, path, is_usable,
                             is_value_assumed, problem) != WATTLE_OK)
        return error_memory(error);
    job->data->tally.n_lines += n_lines;
    return WATTLE_OK;
}

static int
count_rejects(struct stored_job *job, struct database *db,
              struct wattle_error *error)
{
    uint64_t by_reason[WATTLE_N_REASONS] = {0};
    int status = catalog_sum_rejects(db, by_reason, error);
    for (int r = 0; r < WATTLE_N_REASONS && status == WATTLE_OK; r++)
        tally_add_rejects(&job->data->tally, r, by_reason[r]);
    return status;
}

/* The first few rejects, or all of them when they are wanted. */
static int
take_reject(void *context, const struct catalog_reject *found,
            struct wattle_error *error)
{
    struct stored_job *job = context;
    struct scan_rejects *rejects = &job->data->rejects;
    const struct scan_reject reject = {
        .source = (uint32_t)found->file,
        .line = found->line,
        .reason = found->reason,
    };
    if (found->file >= job->report->sources->n)
        return error_set_at(error, WATTLE_ERR_FORMAT, job->report->database, 0,
                            "the table reject is damaged; try 'wattle check'");
    if (rejects->n_first < REJECT_LOG_FIRST)
        rejects->first[rejects->n_first++] = reject;
    if (rejects->visit == NULL)
        return rejects->n_first < REJECT_LOG_FIRST ? WATTLE_OK : CATALOG_ENOUGH;
    rejects->n_visited++;
    return rejects->visit(rejects->context, &reject, found->raw, found->raw_len,
                          error);
}

/* Which devices the globs let through. */
static int
choose_devices(struct stored_job *job, struct wattle_error *error)
{
    const struct registry *devices = &job->data->devices;
    job->is_wanted = malloc((size_t)devices->n_devices + 1);
    job->data->is_seen = calloc((size_t)devices->n_devices + 1, sizeof(bool));
    if (job->is_wanted == NULL || job->data->is_seen == NULL)
        return error_memory(error);
    for (uint32_t i = 0; i < devices->n_devices; i++)
        job->is_wanted[i] =
            selection_wants_listed(&job->report->options->selection,
                                   registry_id(devices, i), job->report->known);
    return WATTLE_OK;
}

/* Threads that pay: for chunks to read, or readings to decode. */
static int
choose_threads(const struct stored_job *job, struct chunk_worker *first,
               struct wattle_error *error)
{
    int64_t n_chunks = 0, n_readings = 0;
    int n_wanted = job->report->options->n_threads;
    if (n_wanted > 0)
        return n_wanted < MAX_THREADS ? n_wanted : MAX_THREADS;
    bool decodes =
        job->range.no_summaries ||
        !database_has_sums(&first->db, job->range.zone, job->range.max_gap_ms);
    int status = chunk_reader_count(&first->db, &n_chunks,
                                    decodes ? &n_readings : NULL, error);
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
open_others(struct chunk_worker *workers, int n, struct wattle_error *error)
{
    struct stored_job *job = workers[0].job;
    int64_t wanted = 0, found = 0;
    int status = meta_generation(&workers[0].db, &wanted, &workers[0].error);
    for (int i = 1; i < n && status == WATTLE_OK; i++) {
        status = open_worker(&workers[i], job);
        if (status == WATTLE_OK)
            status = meta_generation(&workers[i].db, &found, &workers[i].error);
        if (status != WATTLE_OK && error != NULL)
            *error = workers[i].error;
        if (status == WATTLE_OK && found != wanted)
            return WATTLE_ERR_CHANGED;
    }
    return status;
}

static void
add_counts(struct report_data *data, const struct totals_reader_counts *c)
{
    data->tally.n_duplicates += c->n_duplicates;
    data->tally.n_filtered += c->n_filtered;
    data->tally.n_rounded += c->n_rounded;
    data->tally.n_fast += c->n_readings - c->n_decoded;
    data->tally.n_slow += c->n_decoded;
}

/* Every line that was imported must be found again: damage may hide rows. */
static int
check_lines(const struct report_data *data, const struct chunk_worker *workers,
            int n, struct wattle_error *error)
{
    uint64_t n_found = data->tally.n_duplicates + data->tally.n_filtered;
    for (int i = 0; i < n; i++)
        n_found += workers[i].read.counts.n_readings;
    if (data->tally.n_lines == n_found + data->tally.n_rejects)
        return WATTLE_OK;
    return error_set_at(error, WATTLE_ERR_FORMAT, workers[0].db.path, 0,
                        "is damaged: %llu lines were imported, and %llu are "
                        "there; try 'wattle check'",
                        (unsigned long long)data->tally.n_lines,
                        (unsigned long long)(n_found + data->tally.n_rejects));
}

static int
join_workers(const struct stored_job *job, struct chunk_worker *workers, int n,
             struct wattle_error *error)
{
    struct report_data *data = job->data;
    struct totals_set *sets[MAX_THREADS];
    const uint32_t *same[MAX_THREADS] = {NULL};
    for (int i = 0; i < n; i++) {
        add_counts(data, &workers[i].read.counts);
        sets[i] = &workers[i].set;
    }
    int status = check_lines(data, workers, n, error);
    if (status != WATTLE_OK)
        return status;
    data->tally.n_lines -= data->tally.n_filtered;
    if (n == 1) {
        data->totals = workers[0].set;
        totals_set_init(&workers[0].set, 1, false);
        return totals_set_add_edges(&data->totals) == WATTLE_OK
                   ? WATTLE_OK
                   : error_memory(error);
    }
    totals_set_init_like(&data->totals, &workers[0].set);
    if (totals_set_reserve(&data->totals, data->devices.n_devices) !=
            WATTLE_OK ||
        totals_set_join(&data->totals, sets, same, (size_t)n) != WATTLE_OK ||
        totals_set_add_edges(&data->totals) != WATTLE_OK)
        return error_memory(error);
    return WATTLE_OK;
}

/* Everything beside the readings, with the first connection. */
static int
read_rest(struct stored_job *job, struct database *db,
          struct wattle_error *error)
{
    struct report_data *data = job->data;
    int64_t n_missing = 0;
    int status =
        catalog_read_devices(db, &data->devices, job->report->table, error);
    if (status == WATTLE_OK)
        status = catalog_list_files(db, take_file, job, error);
    if (status == WATTLE_OK)
        status = catalog_missing_lines(db, &n_missing, error);
    data->tally.n_lines -= (uint64_t)n_missing;
    if (status == WATTLE_OK)
        status = count_rejects(job, db, error);
    if (status != WATTLE_OK || data->tally.n_rejects == 0)
        return status;
    status = catalog_list_rejects(db, take_reject, job, error);
    data->n_rejects =
        calloc((size_t)data->devices.n_devices + 1, sizeof(uint64_t));
    if (data->n_rejects == NULL)
        return error_memory(error);
    if (status == WATTLE_OK)
        status = catalog_sum_device_rejects(db, data->n_rejects,
                                            data->devices.n_devices, error);
    return status;
}

/* All wanted devices into data->totals. */
static int
add_all(struct stored_job *job, struct chunk_worker *workers, int n,
        struct wattle_error *error)
{
    atomic_store(&job->next, 0);
    pool_run((unsigned)n, add_chunks, workers);
    int status = atomic_load(&job->status);
    for (int i = 0; i < n && status != WATTLE_OK; i++) {
        if (workers[i].error.code != WATTLE_OK && error != NULL)
            *error = workers[i].error;
    }
    return status == WATTLE_OK ? join_workers(job, workers, n, error) : status;
}

/* The same again with finer efficiencies, which are only in the readings. */
static int
add_all_finely(struct stored_job *job, struct chunk_worker *workers, int n,
               struct wattle_error *error)
{
    job->is_fine = true;
    job->range.no_summaries = true;
    totals_set_release(&job->data->totals);
    for (int i = 0; i < n; i++) {
        totals_set_release(&workers[i].set);
        begin_totals(&workers[i]);
    }
    job->data->n_scans++;
    return add_all(job, workers, n, error);
}

static int
run_all(struct stored_job *job, struct chunk_worker *workers,
        struct wattle_error *error)
{
    int status = read_rest(job, &workers[0].db, error);
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
    struct report_data *data = job->data;
    const struct tally before = data->tally;
    bool is_rough = false;
    data->n_threads = n;
    status = add_all(job, workers, n, error);
    if (status == WATTLE_OK &&
        rough_efficiency_find(&data->totals, &data->devices, job->report->known,
                              &is_rough) != WATTLE_OK)
        status = error_memory(error);
    if (status != WATTLE_OK || !is_rough)
        return status;
    data->tally = before;
    return add_all_finely(job, workers, n, error);
}

int
report_stored_run(const struct report_stored *report, struct report_data *data,
                  struct wattle_error *error)
{
    const struct scan_options *o = report->options;
    struct chunk_worker *workers = calloc(MAX_THREADS, sizeof(*workers));
    struct stored_job job = {
        .report = report,
        .data = data,
        .kernels = kernels_for(o->tuning.simd),
        .range = {.since_ms = o->selection.since_ms,
                  .until_ms = o->selection.until_ms,
                  .max_gap_ms = o->max_gap_ms,
                  .holds = o->holds,
                  .no_summaries = o->tuning.no_summaries},
    };
    if (workers == NULL)
        return error_memory(error);
    registry_init(&data->devices);
    data->n_scans = 1;
    data->simd = job.kernels->name;
    int status = open_worker(&workers[0], &job);
    if (status != WATTLE_OK && error != NULL)
        *error = workers[0].error;
    if (status == WATTLE_OK)
        status = run_all(&job, workers, error);
    for (int i = 0; i < MAX_THREADS; i++)
        close_worker(&workers[i]);
    free(workers);
    free(job.is_wanted);
    if (status == WATTLE_OK && data->totals.profile.failed)
        status = error_memory(error);
    return status;
}
